"""AWS state through boto3 or from exported files, as the tables of `model/tables.py`."""
