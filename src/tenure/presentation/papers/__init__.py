"""Papers as HTML (`page.render_paper`) and PDF (`pdf.print_paper`); their JSON is the document itself."""
