"""What the reference needs and the sources know: tables, program output, formulas in text."""
