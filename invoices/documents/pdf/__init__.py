"""The printed document: a PDF/A page by page, with the e-invoice in it where there is one."""
