"""What hangs on the till by a cable: receipt printer and cash drawer. Nothing here is imported before it is set up."""
