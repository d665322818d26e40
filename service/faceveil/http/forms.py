"""Multipart forms: read as the model that documents them says, and only ever in memory."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from faceveil.http.intake import Limit, Way
from faceveil.http.openapi import BINARY, never_null
from faceveil.http.room import pieces
from faceveil.problems import FieldError, InvalidParameters, MalformedRequest
from faceveil.settings import LimitSettings

_MOST_FIELDS = 16
FIELD_BYTES = 16 * 1024
"""Most bytes of a field that is no file."""


@dataclass(frozen=True, slots=True)
class File:
    """A file part of a form.

    Attributes:
        name: the client's name for it; a suffix may tell its kind, nothing else is believed.
        data: its bytes.
    """

    name: str
    data: bytes


FileField = Annotated[bytes, WithJsonSchema(BINARY)]
"""The field of a form's model that holds a file."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form's parts by the names of their fields."""

    files: dict[str, list[File]]
    fields: dict[str, str]


def _never_null_fields(schema: dict[str, Any]) -> None:
    fields = schema["properties"]
    fields.update({name: never_null(field) for name, field in fields.items()})


FORM = ConfigDict(extra="forbid", json_schema_extra=_never_null_fields)
"""The configuration of a model that describes a form."""


class _MemoryParser(MultiPartParser):
    """Starlette's parser, told never to spool a part to disk: a face must not touch it.

    A maximum of 0 means "no maximum" to `SpooledTemporaryFile`; the stream itself is bounded.
    """

    spool_max_size = 0


class Multipart(Way[Form]):
    """A body that is a form: its fields are its model's, those of files as `FileField`."""

    def __init__(
        self, model: type[BaseModel], most_bytes: Limit, most_files: Limit | None = None
    ) -> None:
        """Declares it.

        Args:
            model: describes the form; one of its files must be required.
            most_bytes: of the body.
            most_files: in all; without it, one a field.
        """
        super().__init__({"multipart/form-data": model}, most_bytes)
        schema = model.model_json_schema()
        fields = schema["properties"].items()
        self._most_files = most_files
        self._files = {
            name for name, field in fields if BINARY.items() <= field.get("items", field).items()
        }
        self._texts = model.model_fields.keys() - self._files
        (self._needed,) = self._files & set(schema["required"])

    async def read(self, request: Request, limits: LimitSettings) -> Form:
        """Reads a form.

        Raises:
            BodyTooLarge: if it is longer than the limit.
            MalformedRequest: if it is no form.
            InvalidParameters: if it has too many files, fields that nobody knows, text for a file,
                or not the file that is needed.
        """
        most = self._most_files(limits) if self._most_files else len(self._files)
        parsed = await self._parsed(request, self._most_bytes(limits), most)
        form = Form({}, {})
        try:
            errors = [
                error
                for name, part in parsed.multi_items()
                if (error := await self._add(form, name, part)) is not None
            ]
        finally:
            await parsed.close()
        if self._needed not in form.files and _missing(self._needed) not in errors:
            errors.insert(0, _missing(self._needed))
        if errors:
            raise InvalidParameters(
                f"The form does not fit. Mend the fields named in 'errors'. {self._as_file()}",
                errors=errors,
            )
        if sum(map(len, form.files.values())) > most:
            raise _too_many(most)
        return form

    async def _parsed(self, request: Request, most_bytes: int, most_files: int) -> FormData:
        _, options = parse_options_header(request.headers["content-type"])
        if options.get(b"charset", b"utf-8").lower() != b"utf-8":
            # RFC 7578 gives forms no such parameter, and some of Python's codecs fail on any bytes.
            raise MalformedRequest("The form names a character set. Leave it out: names are UTF-8.")
        # One part more than the most is let through, to be refused with our own sentence.
        parser = _MemoryParser(
            request.headers,
            pieces(request, most_bytes),
            max_files=most_files + 1,
            max_fields=_MOST_FIELDS,
            max_part_size=FIELD_BYTES,
        )
        try:
            return await parser.parse()
        except MultiPartException as error:
            if error.message.startswith("Too many files"):
                raise _too_many(most_files) from None
            if error.message.startswith("Part exceeded"):  # a text part; file parts may be longer
                raise InvalidParameters(
                    f"A text part of the form is too long. {self._as_file()}",
                    errors=[_missing(" or ".join(sorted(self._files)))],
                ) from None
            raise MalformedRequest(
                "The body is not a well-formed multipart form. Check its boundary and parts."
            ) from None

    async def _add(self, form: Form, name: str, part: UploadFile | str) -> FieldError | None:
        """Puts a part where it belongs; says why where it belongs nowhere."""
        shown = f"body.{name[:64]}"
        if isinstance(part, UploadFile):
            if name not in self._files:
                return FieldError(field=shown, message="No file is expected here.")
            form.files.setdefault(name, []).append(File(part.filename or "", await part.read()))
            await part.close()  # at once: a large batch is not held twice
        elif name in self._files:
            return _missing(name)
        elif name not in self._texts:
            known = ", ".join(sorted(self._files | self._texts))
            return FieldError(
                field=shown,
                message=f"Unknown. The form's fields are: {known}. What the address tells is told "
                "there only, as in ?NAME=VALUE.",
            )
        elif name in form.fields:
            return FieldError(field=shown, message="Given twice.")
        else:
            form.fields[name] = part
        return None

    def _as_file(self) -> str:
        name = self._needed
        return f"A file is sent as a file part named '{name}' (with curl: -F {name}=@FILE)."


def _missing(field: str) -> FieldError:
    return FieldError(
        field=f"body.{field}", message="A file part is required, one with a file name."
    )


def _too_many(most: int) -> InvalidParameters:
    return InvalidParameters(
        f"At most {most} {'file fits' if most == 1 else 'files fit'} in one request here. "
        "Send the others in another.",
        errors=[FieldError(field="body", message=f"More than {most}.")],
    )
