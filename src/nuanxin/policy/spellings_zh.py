"""How tables of standards are headed and what is written in them: the spellings that are understood."""

RESIDENCES = {
    "any": ("", "any", "townandcountry", "不分", "不分城乡", "全部"),
    "urban": ("urban", "town", "城", "城镇", "城市", "城镇居民", "城市居民"),
    "rural": ("rural", "country", "农", "农村", "乡村", "农村居民"),
}
BY_WORD = {word: key for key, words in RESIDENCES.items() for word in words}

#: Headings without spaces and brackets, in small letters; the first of a column in the sheet counts.
HEADINGS = {
    "code": ("地区代码", "areacode", "单位代码", "代码", "行政区划代码", "code", "placecode"),
    "name": ("地区", "area", "地区名称", "县", "县区", "县(市、区)", "单位", "单位名称", "place", "county"),
    "residence": ("城乡", "城乡类别", "residence"),
    "value": ("新标准", "标准", "保障标准", "金额", "数值", "newvalue", "value"),
    "urban": ("新城镇标准", "城镇新标准", "城镇标准", "城镇", "城市标准", "城市", "newurbanvalue", "urban"),
    "rural": ("新农村标准", "农村新标准", "农村标准", "农村", "newruralvalue", "rural"),
}
UNITS = ("元/人·月", "元/月", "元", "/月")
#: How the unit begins in a heading.
UNIT_MARKS = ("(元", "(yuan")
