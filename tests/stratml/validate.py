"""Holds files against an XML schema: validate.py SCHEMA FILE... — exits 1 and lists what is wrong."""

import sys

import xmlschema

schema = xmlschema.XMLSchema(sys.argv[1])
wrong = 0
for name in sys.argv[2:]:
    for error in schema.iter_errors(name):
        wrong += 1
        print(f"{name}: {error.path}: {error.reason}")
sys.exit(1 if wrong else 0)
