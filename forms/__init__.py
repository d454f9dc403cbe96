"""The monthly workbook: its field dictionary, its writer and its layout. Imports no other room."""
