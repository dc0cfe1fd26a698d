"""The Slicer extension's files agree with each other and with the tree."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
#: Of the catalog entry schema v1.0.2, which allows no others.
SCHEMA_KEYS = {
    "$schema",
    "build_dependencies",
    "build_subdirectory",
    "category",
    "dicom_support_rule",
    "enabled",
    "scm_revision",
    "scm_type",
    "scm_url",
    "tier",
}


def cmake_value(name: str) -> str:
    """A setting as Slicer's index reads it: one literal on one line."""
    found = re.findall(rf'^set\(EXTENSION_{name} "([^"$]*)"\)$', CMAKE, flags=re.MULTILINE)
    assert len(found) == 1, f"EXTENSION_{name} is not one quoted literal on a line of its own"
    return str(found[0])


def entry() -> dict[str, object]:
    return dict(json.loads((ROOT / "MTINet.json").read_text(encoding="utf-8")))


def s4ext() -> dict[str, str]:
    lines = (ROOT / "MTINet.s4ext").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return {key: value.strip() for key, value in pairs}


def test_the_catalog_entry_has_the_keys_of_its_schema() -> None:
    data = entry()
    assert set(data) <= SCHEMA_KEYS
    assert {"$schema", "category", "scm_url"} <= set(data)
    assert str(data["$schema"]).endswith("slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert data["category"] == "Segmentation"
    assert str(data["scm_url"]).startswith("https://")
    assert data["tier"] in range(1, 6)


def test_entry_description_and_cmake_say_the_same() -> None:
    data, described = entry(), s4ext()
    assert "project(MTINet)" in CMAKE.splitlines()
    assert described["scmurl"] == data["scm_url"] == cmake_value("HOMEPAGE")
    assert described["scmrevision"] == data["scm_revision"]
    assert described["scm"] == data["scm_type"]
    assert described["build_subdirectory"] == data["build_subdirectory"]
    assert data["build_dependencies"] == cmake_value("DEPENDS").split() == described["depends"].split()
    assert data["category"] == described["category"] == cmake_value("CATEGORY")
    for key, name in (
        ("homepage", "HOMEPAGE"),
        ("contributors", "CONTRIBUTORS"),
        ("iconurl", "ICONURL"),
        ("description", "DESCRIPTION"),
        ("screenshoturls", "SCREENSHOTURLS"),
    ):
        assert described[key] == cmake_value(name), key


def test_every_designer_file_belongs_to_one_panel_and_names_its_own_widget() -> None:
    panels = [path.read_text(encoding="utf-8") for path in (ROOT / "MTINetLib" / "panels").glob("*_panel.py")]
    named = [
        str(name) for text in panels for name in re.findall(r'^    UI = "(\w+\.ui)"$', text, re.MULTILINE)
    ]
    there = {path.name for path in (ROOT / "Resources" / "UI").glob("*.ui")}
    assert len(named) == len(panels) == len(set(named))
    assert set(named) == there
    for name in there:
        text = (ROOT / "Resources" / "UI" / name).read_text(encoding="utf-8")
        top = re.search(r'<widget class="(\w+)" name="(\w+)"', text)
        assert top is not None
        # Training has a tab to itself; all others are sections that can be folded.
        kind = "QWidget" if name == "TrainingPanel.ui" else "ctkCollapsibleButton"
        assert top.groups() == (kind, name.removesuffix(".ui"))


def test_the_module_shows_every_panel() -> None:
    sections = (ROOT / "MTINetLib" / "panels" / "sections.py").read_text(encoding="utf-8")
    shown = set(re.findall(r'\("(\w+_panel)", "\w+Panel"\)', sections))
    assert shown == {path.stem for path in (ROOT / "MTINetLib" / "panels").glob("*_panel.py")}


def test_qt_s_enumerations_are_named_as_qt_5_and_pythonqt_know_them() -> None:
    """``qt.Qt.AlignRight``, never ``qt.Qt.AlignmentFlag.AlignRight``."""
    for path in (ROOT / "Resources" / "UI").glob("*.ui"):
        assert not re.findall(r"\w+::\w+::\w+", path.read_text(encoding="utf-8")), path.name
    for path in (ROOT / "MTINet" / "MTINet.py", *(ROOT / "MTINetLib" / "panels").glob("*.py")):
        assert not re.findall(r"\bqt\.Q\w+\.[A-Z]\w+\.[A-Z]\w+", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("name", ["ICONURL", "SCREENSHOTURLS"])
def test_pictures_of_the_extension_are_files_of_this_repository(name: str) -> None:
    for url in cmake_value(name).split():
        assert re.search(r"\.(png|jpg)$", url)
        assert (ROOT / url.split("/main/", 1)[1]).is_file()


def test_slicer_installs_every_file_of_the_library() -> None:
    check = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "list-library-files"), "--check"],
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stderr


def test_the_module_s_folder_holds_the_module_alone() -> None:
    names = {path.name for path in (ROOT / "MTINet").iterdir()} - {"__pycache__"}
    assert names == {"MTINet.py", "CMakeLists.txt"}


def test_the_module_imports_nothing_of_a_third_party_when_it_is_loaded() -> None:
    tree = ast.parse((ROOT / "MTINet" / "MTINet.py").read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) <= {"slicer", "qt", "ctk", "vtk"}


def test_the_module_has_the_four_classes_that_slicer_looks_for() -> None:
    tree = ast.parse((ROOT / "MTINet" / "MTINet.py").read_text(encoding="utf-8"))
    bases = {
        node.name: [base.id for base in node.bases if isinstance(base, ast.Name)]
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    assert "ScriptedLoadableModule" in bases["MTINet"]
    assert "ScriptedLoadableModuleWidget" in bases["MTINetWidget"]
    assert "ScriptedLoadableModuleLogic" in bases["MTINetLogic"]
    assert "ScriptedLoadableModuleTest" in bases["MTINetTest"]


#: As much of Slicer's CMake as the extension uses: it copies and installs what it is given, and fails on
#: a file that is not there.
SLICER_STAND_IN = """
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/Nothing.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/Nothing.cmake")
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "lib/qt-scripted-modules")
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "lib/qt-scripted-modules")
"""
USE_SLICER = """
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS;WITH_SUBDIR" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown: ${MY_UNPARSED_ARGUMENTS}")
  endif()
  set(subdirectory "")
  if(MY_WITH_SUBDIR)
    get_filename_component(subdirectory ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  endif()
  foreach(file ${MY_SCRIPTS} ${MY_RESOURCES})
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "${file} is not there")
    endif()
    get_filename_component(folder ${file} DIRECTORY)
    install(FILES ${file}
      DESTINATION ${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}/${subdirectory}/${folder})
  endforeach()
endmacro()
function(slicer_add_python_unittest)
endfunction()
"""


@pytest.mark.skipif(
    not (shutil.which("cmake") and shutil.which("cc")), reason="cmake or a compiler is missing"
)
def test_cmake_installs_module_library_and_resources_side_by_side(tmp_path: Path) -> None:
    package = tmp_path / "slicer"
    package.mkdir()
    (package / "SlicerConfig.cmake").write_text(SLICER_STAND_IN)
    (package / "UseSlicer.cmake").write_text(USE_SLICER)
    (package / "Nothing.cmake").write_text("")
    build, installed = tmp_path / "build", tmp_path / "installed"
    where = ["-S", str(ROOT), "-B", str(build), f"-DSlicer_DIR={package}"]
    for arguments in (
        [*where, "-DBUILD_TESTING=ON", f"-DCMAKE_INSTALL_PREFIX={installed}"],
        ["--build", str(build)],
        ["--install", str(build)],
    ):
        done = subprocess.run(["cmake", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    modules = installed / "lib" / "qt-scripted-modules"
    assert (modules / "MTINet.py").is_file()
    assert (modules / "Resources" / "Icons" / "MTINet.png").is_file()
    assert (modules / "Resources" / "Icons" / "MTINetSample.png").is_file()
    for path in (ROOT / "MTINetLib").rglob("*.py"):
        assert (modules / "MTINetLib" / path.relative_to(ROOT / "MTINetLib")).is_file()
    assert (modules / "MTINetLib" / "findings.schema.json").is_file()
    for folder in ("Icons", "Models", "Terminologies", "UI"):
        for path in (ROOT / "Resources" / folder).rglob("*"):
            assert (modules / path.relative_to(ROOT)).exists()
            assert (build / "lib" / "qt-scripted-modules" / path.relative_to(ROOT)).exists()
