"""Every phrase the engine says, Chinese and English side by side: faults, readings and outcomes."""

from .texts import Text
from .types import Kind

UNKNOWN = Text("不详", "unknown")
YES, NO = Text("是", "yes"), Text("否", "no")
EXCLUDED = Text("不予认定", "excluded")
UNDECIDED = Text("信息不全", "information missing")
#: `names` are what is missing.
WAITING = Text("缺少{names}，暂不能认定", "no decision yet; missing: {names}")
OTHERWISE = Text("其他情形", "in all other cases")

# How formulas are read out.
YUAN = Text("元", "yuan")
DAY = Text("认定日", "the day of determination")
AND, OR, NOT = Text(" 且 ", " and "), Text(" 或 ", " or "), Text("并非", "not ")
ONE_OF = Text(" 属于 ", " is one of ")
IF = Text("如 {} 则 {}，否则 {}", "{1} if {0}, else {2}")
BETWEEN = Text("{} 在 {} 至 {} 之间", "{} lies from {} to {}")
ROUNDED = Text("{}（保留 {} 位小数）", "{} rounded to {} decimals")
WHERE = Text("{}，其中 {}", "{} where {}")
LISTED = Text("、", ", ")
BRACKETS, TAGGED = Text("（{}）", "({})"), Text("{}（{}）", "{} ({})")
CALLS = {
    "min": Text("取低", "the lowest of"),
    "max": Text("取高", "the highest of"),
    "clamp": Text("限定在后两者之间", "the first kept between the others"),
    "months_between": Text("相隔月数", "months between"),
}
FOLDS = {
    "sum": Text("合计", "sum of"),
    "count": Text("计数", "number of"),
    "any": Text("任一", "any of"),
    "all": Text("全部", "all of"),
}

# The kinds of figures, in faults.
WORDS = {
    Kind.MONEY: Text("金额", "an amount of money"),
    Kind.NUMBER: Text("数字", "a number"),
    Kind.COUNT: Text("数字", "a number"),
    Kind.FLAG: Text("是非条件", "a condition"),
    Kind.DATE: Text("日期", "a date"),
    Kind.CODE: Text("代码", "a code"),
    Kind.LIST: Text("列表", "a list"),
}

REASONS = {
    # the file
    "too_big": Text("文件超过 {most} 字节", "the file is larger than {most} bytes"),
    "not_utf8": Text("文件不是 UTF-8 编码", "the file is not UTF-8 text"),
    "not_yaml": Text("不是正确的 YAML：{problem}", "this is not correct YAML: {problem}"),
    "alias": Text("不允许使用锚点和引用", "anchors and aliases are not allowed"),
    "tag": Text("不允许使用标签 {tag}", "tags are not allowed: {tag}"),
    "too_deep": Text("嵌套超过 {most} 层", "nested more than {most} levels deep"),
    "too_many": Text("项目超过 {most} 个", "more than {most} entries"),
    "documents": Text("一个文件只能有一个政策包", "a file holds one pack only"),
    # the structure
    "empty": Text("缺少内容", "there is nothing here"),
    "not_mapping": Text("此处应为“键: 值”", "keys and values are expected here"),
    "not_sequence": Text("此处应为列表", "a list is expected here"),
    "not_scalar": Text("此处应为单个值", "a single value is expected here"),
    "unknown_key": Text("不认识的键“{key}”，可用：{keys}", "unknown key '{key}'; known here: {keys}"),
    "missing_key": Text("缺少“{key}”", "'{key}' is missing"),
    "twice": Text("“{name}”重复", "'{name}' stands here twice"),
    "not_name": Text(
        "名称“{text}”应为小写英文字母开头，只含小写字母、数字和下划线，不超过 40 个字符",
        "'{text}' is not a name: lower-case letters, digits and underscores, a letter first, at most 40",
    ),
    "reserved": Text("“{name}”是保留的名称", "'{name}' is a reserved name"),
    "not_number": Text("“{text}”不是数字", "'{text}' is not a number"),
    "not_whole": Text("“{text}”不是正整数", "'{text}' is not a positive whole number"),
    "not_date": Text("“{text}”不是日期（如 2024-01-01）", "'{text}' is not a date such as 2024-01-01"),
    "not_flag": Text("此处应为 true 或 false", "true or false is expected here"),
    "not_choice": Text("“{text}”不在可选值之内：{choices}", "'{text}' is not one of {choices}"),
    "not_type": Text("不认识的类型“{text}”", "unknown type '{text}'"),
    "backwards": Text("有效期的结束不晚于开始", "the validity ends before it begins"),
    "no_codes": Text("没有名为“{name}”的代码表", "there is no code list '{name}'"),
    "not_code": Text("代码表“{codes}”没有“{value}”", "'{value}' is not in the code list '{codes}'"),
    "value_or_per": Text(
        "参数须写明 value（及 article）或 per 之一",
        "a parameter has either a value (with its article) or per",
    ),
    "no_residence": Text(
        "按城乡区分的参数需要事实 residence（含 urban、rural 两个代码）",
        "a parameter by residence needs the fact 'residence', a code with urban and rural",
    ),
    "unused": Text("“{name}”已声明但没有用到", "'{name}' is declared but used nowhere"),
    "inputs": Text("事实和参数合计超过 {most} 项", "more than {most} facts and parameters"),
    # texts
    "braces": Text("大括号不成对或写法不对", "braces do not pair, or hold something that is not a name"),
    "not_share": Text(
        "“{name}”不是数字，不能写成百分比", "'{name}' is not a number and cannot be a percentage"
    ),
    # expressions
    "too_long": Text("表达式超过 {most} 个字符", "the expression is longer than {most} characters"),
    "syntax": Text(
        "表达式写法不对，此处不应出现“{text}”", "the expression is wrong here: unexpected '{text}'"
    ),
    "unfinished": Text("表达式不完整", "the expression is not finished"),
    "expression_deep": Text(
        "表达式嵌套超过 {most} 层", "the expression is nested more than {most} levels deep"
    ),
    "expression_big": Text("表达式展开后过大", "the expression is too large"),
    "unknown_name": Text(
        "没有“{name}”这个事实、参数或表达式", "there is no fact, parameter or expression '{name}'"
    ),
    "unknown_function": Text("没有函数“{name}”", "there is no function '{name}'"),
    "arguments": Text("“{name}”需要 {want} 个参数", "'{name}' takes {want} arguments"),
    "where": Text("只有 sum、count、any、all 可以带 where", "only sum, count, any and all take 'where'"),
    "not_list": Text("此处应为列表事实", "a list fact is expected here"),
    "list_alone": Text(
        "列表只能用在 sum、count、any、all 里", "a list can only stand inside sum, count, any or all"
    ),
    "in_list": Text("列表条件里不能使用“{name}”", "'{name}' cannot be used inside a list condition"),
    "need": Text("此处应为{want}，而不是{got}", "{want} is expected here, not {got}"),
    "mixed": Text("{left}与{right}不能这样运算", "{left} and {right} cannot be combined so"),
    "zero": Text("除数不能是不含事实或参数的式子或零", "the divisor is zero or holds no fact or parameter"),
    "places": Text("保留的小数位应为 0 到 6 的整数", "decimals to keep are a whole number from 0 to 6"),
    "number_long": Text("数字过长", "the number is too long"),
    "too_large": Text("计算结果可能过大", "the figure could grow too large"),
    "unbounded": Text("金额可能过大，请加上限", "the amount could grow too large; give it a cap"),
    "cycle": Text("表达式相互循环引用：{names}", "the expressions refer to each other in a circle: {names}"),
    "constant": Text(
        "条件不含任何事实，永远成立或永远不成立", "the condition holds no fact: it is always or never true"
    ),
    "unreachable": Text("此项永远轮不到", "this can never be reached"),
    "last": Text("最后一项决定不应带条件", "the last decision must stand without a condition"),
    # situations
    "no_situation": Text("政策包至少需要一个情形", "a pack needs at least one situation"),
    "situation": Text(
        "情形“{title}”：{what} 应为 {want}，得到 {got}",
        "situation '{title}': {what} should be {want} but is {got}",
    ),
}
