"""How a number is written, and what the sheet of findings is called, for rooms that know no form."""

from forms.numbers import number_vi

__all__ = ["LISTING_SHEET", "LISTING_TITLE", "number_vi"]

# The sheet of findings in a workbook that went back to a district, and what stands in its first cell: by these it is
# known again when the workbook is sent once more.
LISTING_SHEET, LISTING_TITLE = "Lỗi", "DANH SÁCH LỖI CỦA TỆP"
