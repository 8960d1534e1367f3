"""`lipgate watch`: a folder that is looked at again and again."""
