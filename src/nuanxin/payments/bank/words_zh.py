"""The words of the bank's files, which are Chinese whatever the reader's language."""

NUMBER, LINE, PAYEE, CARD = "批次号", "行号", "收款人", "卡号"
BANK, BRANCH, AMOUNT, REASON = "开户银行", "开户网点", "金额", "摘要"
HEADINGS = (NUMBER, LINE, PAYEE, CARD, BANK, BRANCH, AMOUNT, REASON)
TOTAL = "合计"

#: What a bank may call the columns of its answer; compared without spaces and brackets' contents.
COLUMNS: dict[str, tuple[str, ...]] = {
    "number": (NUMBER, "批次编号", "批次", "批号"),
    "line": (LINE, "序号", "行", "笔号", "明细序号"),
    "card": (CARD, "银行卡号", "卡号后四位", "卡号末四位", "收款账号", "账号"),
    "amount": (AMOUNT, "交易金额", "发放金额", "实发金额"),
    "result": ("结果", "处理结果", "交易结果", "状态", "处理状态"),
    "reason": ("原因", "失败原因", "退回原因", "退票原因", "备注"),
}
PAID = ("成功", "交易成功", "已成功", "处理成功")
RETURNED = ("失败", "交易失败", "退回", "已退回", "退票", "处理失败")
TOTALS = (TOTAL, "总计", "小计")
