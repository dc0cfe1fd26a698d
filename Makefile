# Each target sets up what it needs by itself: .venv with the packages pinned in constraints.txt.
VENV ?= .venv
MTINET = $(VENV)/bin/mtinet
PYTHON_VENV = $(VENV)/bin/python
export VENV

.PHONY: help demo test docs model tables bench pictures lint format constraints list-files schema clean distclean

help:
	@echo "make demo       make a demo study, analyze it, leave everything in demo-output/"
	@echo "make test       check the code and run every test"
	@echo "make docs       make the pages of docs/ into build/docs (Python 3.11 and newer)"
	@echo "make model      train the shipped model again, on the phantom, and evaluate it (hours)"
	@echo "make tables     compare all systems on a phantom cohort, as the paper's tables (SIZE=small, or gpu)"
	@echo "make bench      measure this machine, from DICOM to findings, into bench.json"
	@echo "make pictures   take the pictures of the Slicer module again, into Resources/Screenshots"
	@echo "make format     put the code into its one format"
	@echo "make clean      remove what demo, test and bench left behind"
	@echo "make distclean  remove .venv as well"

demo:
	@sh scripts/setup demo
	@$(MTINET) demo -o demo-output --overwrite

pictures:
	@sh scripts/setup test
	MTINET_PICTURES=Resources/Screenshots $(PYTHON_VENV) -m pytest -q Testing/Python/module/test_pictures.py \
		Testing/Python/module/test_outline_picture.py

lint:
	@sh scripts/setup test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@# The pinned numpy of Python 3.10 has older types than the code is checked against.
	@if $(PYTHON_VENV) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; \
		then echo "$(VENV)/bin/mypy"; $(VENV)/bin/mypy; \
		else echo "mypy is left to Python 3.11 and newer"; fi
	$(VENV)/bin/lint-imports

# Two at a time, a file in one piece: files share a worker process among their tests.
test: lint
	$(PYTHON_VENV) -m pytest -n 2 --dist loadfile

# A warning is an error.
docs:
	@sh scripts/setup docs
	@$(PYTHON_VENV) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make docs needs Python 3.11 or newer")'
	$(PYTHON_VENV) -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "Open build/docs/index.html"

model:
	@sh scripts/setup model
	@sh scripts/make-model

tables:
	@sh scripts/setup tables
	@sh scripts/make-tables $(or $(SIZE),small)

bench:
	@sh scripts/setup bench
	@$(MTINET) bench -o bench.json

format:
	@sh scripts/setup test
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

constraints:
	@sh scripts/update-constraints

schema:
	@sh scripts/setup test
	@$(PYTHON_VENV) scripts/write-findings-schema

list-files:
	@sh scripts/setup test
	@$(PYTHON_VENV) scripts/list-library-files

clean:
	rm -rf demo-output bench.json build dist docs/generated .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find MTINet MTINetLib Testing -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
