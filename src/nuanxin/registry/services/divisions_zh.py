"""Names in GB/T 2260 that stand for no place."""

#: Groups that only hold a place in the code.
GROUPS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
