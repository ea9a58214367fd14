"""The stand-in engine's images: built from a context, named by their content, never pulled."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import pytest
from docker.errors import APIError, BuildError, ImageNotFound

from sandbox.docker_engine.dockerfile import DockerfileError, expand, read_dockerfile
from tests.sandbox.engine_world import APP, FILES, EngineProgram, archive, engine_program

PYTHON = "localhost/gatehouse/python:sandbox"
CLOUDFLARED = "localhost/gatehouse/cloudflared:sandbox"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProgram]:
    with engine_program(tmp_path_factory.mktemp("images")) as engine:
        yield engine


def built(engine: EngineProgram, files: dict[str, str], **more: object) -> tuple[dict[str, object], str, Path]:
    """Configuration, what was printed, and the folder of an image."""
    image, lines = engine.client.images.build(fileobj=archive(files), custom_context=True, **more)  # type: ignore[call-overload]
    said = "".join(str(line.get("stream", "")) for line in lines)
    folder = engine.directory / "engine/images" / str(image.id).removeprefix("sha256:") / "files"
    return image.attrs["Config"], said, folder


def test_two_images_are_always_there(engine: EngineProgram) -> None:
    names = {name for image in engine.client.images.list() for name in image.tags}
    assert {PYTHON, CLOUDFLARED} <= names
    config = engine.client.images.get(CLOUDFLARED).attrs["Config"]
    assert config["Entrypoint"] == ["cloudflared", "--no-autoupdate"]
    assert config["ExposedPorts"] == {"2000/tcp": {}}
    with pytest.raises(APIError) as refused:
        engine.client.images.remove(PYTHON, force=True)
    assert refused.value.status_code == 409


def test_the_same_content_is_the_same_image(engine: EngineProgram) -> None:
    first = engine.client.images.get(APP).id
    assert engine.client.images.build(fileobj=archive(FILES), custom_context=True)[0].id == first
    other = {**FILES, "greeting.txt": "good bye"}
    assert engine.client.images.build(fileobj=archive(other), custom_context=True)[0].id != first
    config = {**FILES, "Dockerfile": FILES["Dockerfile"] + "LABEL a=b\n"}
    assert engine.client.images.build(fileobj=archive(config), custom_context=True)[0].id != first


def test_builds_at_the_same_time(engine: EngineProgram) -> None:
    def build(number: int) -> list[str]:
        files = {**FILES, "greeting.txt": f"hello {number // 2}"}
        client = docker.DockerClient(base_url=f"unix://{engine.socket}")
        with contextlib.closing(client):
            name = f"localhost/many/app:{number}"
            return [str(client.images.build(fileobj=archive(files), custom_context=True, tag=name)[0].id), name]

    with ThreadPoolExecutor(8) as builders:
        made = list(builders.map(build, range(16)))
    assert len({number for number, _ in made}) == 8
    assert [engine.client.images.get(name).id for _, name in made] == [number for number, _ in made]


def test_a_dockerfile_of_several_stages(engine: EngineProgram) -> None:
    text = """# syntax=docker/dockerfile:1
ARG PYTHON=nowhere/python:1
ARG UNUSED=1
FROM ${PYTHON} AS build
COPY app/requirements.txt .
RUN --mount=type=cache,target=/root/.cache \\
    # a comment in between
    pip install \\
    -r requirements.txt
RUN <<EOF
FROM nothing of this is an instruction
EOF
FROM ${PYTHON}
ARG APP
ARG LEFT=${APP}-left
ENV PLACE=/srv/$APP OTHER="two words" EMPTY=${NOTHING:-default} LEFT=$LEFT
ENV OLD form of it
LABEL org.example.app="${APP}" kept=yes
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv
WORKDIR deeper
COPY --chown=1:1 ${APP}/ ./
COPY app/*.txt notes/
COPY ["app/main.py", "/else/where.py"]
USER 65532:65532
EXPOSE 8501 9000/udp
STOPSIGNAL SIGINT
HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=20s --retries=4 CMD curl -f localhost
ENTRYPOINT ["streamlit", "run"]
CMD main.py
"""
    files = {"infra/Own.Dockerfile": text, "app/requirements.txt": "streamlit", "app/main.py": "1"}
    arguments = {"APP": "app", "PYTHON": PYTHON, "STRANGE": "1"}
    config, said, folder = built(engine, files, dockerfile="infra/Own.Dockerfile", buildargs=arguments)
    assert config == {
        "Cmd": ["/bin/sh", "-c", "main.py"],
        "Entrypoint": ["streamlit", "run"],
        "Env": ["PLACE=/srv/app", "OTHER=two words", "EMPTY=default", "LEFT=app-left", "OLD=form of it"],
        "ExposedPorts": {"8501/tcp": {}, "9000/udp": {}},
        "Healthcheck": {
            "Test": ["CMD-SHELL", "curl -f localhost"],
            "Interval": 90 * 10**9,
            "Timeout": 500 * 10**6,
            "StartPeriod": 20 * 10**9,
            "Retries": 4,
        },
        "Labels": {"org.example.app": "app", "kept": "yes"},
        "StopSignal": "SIGINT",
        "User": "65532:65532",
        "WorkingDir": "/srv/deeper",
    }
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    inside = "srv/deeper"
    assert found == {
        f"{inside}/requirements.txt",
        f"{inside}/main.py",
        f"{inside}/notes/requirements.txt",
        "else/where.py",
    }
    assert "not run: COPY --from=build /opt/venv /opt/venv: packages come from the sandbox's own environment" in said
    assert "['STRANGE'] were not consumed" in said


def test_a_run_line_is_said_not_to_run(engine: EngineProgram) -> None:
    _, said, _ = built(engine, {"Dockerfile": f"FROM {PYTHON}\nRUN touch /x\n"})
    assert "---> not run: RUN touch /x: packages come from the sandbox's own environment" in said


def test_a_target_stage_and_a_stage_on_a_stage(engine: EngineProgram) -> None:
    text = f"FROM {PYTHON} AS one\nENV A=1\nFROM one AS two\nENV B=$A$A\nFROM two\nENV C=3\n"
    assert built(engine, {"Dockerfile": text}, target="two")[0]["Env"] == ["A=1", "B=11"]
    assert built(engine, {"Dockerfile": text})[0]["Env"] == ["A=1", "B=11", "C=3"]


def test_an_entrypoint_of_its_own_does_not_take_the_command_below(engine: EngineProgram) -> None:
    config, _, _ = built(engine, {"Dockerfile": f'FROM {APP}\nENTRYPOINT ["python", "-V"]\n'})
    assert (config["Entrypoint"], config.get("Cmd")) == (["python", "-V"], None)


def test_dockerignore_counts_also_for_clients_that_send_everything(engine: EngineProgram) -> None:
    ignore = "*\n# words\n!app\n!kit\napp/secret.txt\n"
    text = f"FROM {PYTHON}\nCOPY . /all\n"
    names = ("Dockerfile", "app/main.py", "app/secret.txt", "kit/deep/er.py", "stacks/Pulumi.prod.yaml")
    files = {".dockerignore": ignore, **dict.fromkeys(names, "x"), "Dockerfile": text}
    _, _, folder = built(engine, files)
    found = {path.relative_to(folder / "all").as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found - {".dockerignore", "Dockerfile"} == {"app/main.py", "kit/deep/er.py"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# nothing\n", "file with no instructions"),
        ("RUN x\n", "no build stage in current context"),
        ("FROM a b\n", "FROM requires either one or three arguments"),
        ("FROM library/alpine:3\n", "has no registry to pull it from"),
        (f"FROM {PYTHON}\nCOPY nothing /x\n", "file not found in build context or excluded by .dockerignore: stat"),
        (f"FROM {PYTHON}\nCOPY ../../etc/passwd /x\n", "forbidden path outside the build context"),
        (f"FROM {PYTHON}\nCOPY a.txt b.txt /x\n", "the destination must end with a /"),
        (f"FROM {PYTHON}\nADD a.txt /x\n", "ADD is not supported by the sandbox's stand-in Docker Engine: use COPY"),
        (f"FROM {PYTHON}\nFETCH x\n", "unknown instruction: FETCH"),
        (f"FROM {PYTHON}\nEXPOSE http\n", "invalid containerPort: http"),
        (f"FROM {PYTHON}\nHEALTHCHECK --interval=soon CMD x\n", "invalid duration 'soon'"),
        (f"FROM {PYTHON}\nHEALTHCHECK MAYBE\n", "Unknown type 'MAYBE' in HEALTHCHECK"),
        ("FROM ${NOTHING}\n", "should not be blank"),
    ],
)
def test_what_cannot_be_built(engine: EngineProgram, text: str, sentence: str) -> None:
    files = {"Dockerfile": text, "a.txt": "1", "b.txt": "2"}
    with pytest.raises(BuildError, match=re.escape(sentence)):
        engine.client.images.build(fileobj=archive(files), custom_context=True)


def test_a_context_that_is_no_archive_and_a_dockerfile_that_is_not_there(engine: EngineProgram) -> None:
    with pytest.raises(BuildError, match="cannot be unpacked"):
        engine.client.images.build(fileobj=io.BytesIO(b"no tar"), custom_context=True)
    with pytest.raises(BuildError, match="Cannot locate specified Dockerfile: other"):
        engine.client.images.build(fileobj=archive(FILES), custom_context=True, dockerfile="other")
    with pytest.raises(BuildError, match="failed to reach build target nowhere"):
        engine.client.images.build(fileobj=archive(FILES), custom_context=True, target="nowhere")


def test_nothing_is_pulled(engine: EngineProgram) -> None:
    with pytest.raises(ImageNotFound, match=r"No such image: python:3.12.*has no registry to pull it from"):
        engine.client.images.pull("python", tag="3.12")
    with pytest.raises(ImageNotFound, match=r"No such image: python:3\.12"):
        engine.client.images.get("python:3.12")


def test_names_come_and_go_and_the_image_with_its_last(engine: EngineProgram) -> None:
    files = {"Dockerfile": f"FROM {PYTHON}\nLABEL for=removal\n"}
    image, _ = engine.client.images.build(fileobj=archive(files), custom_context=True, tag="localhost/gone:1")
    assert image.tag("localhost/gone", "2")
    assert engine.client.images.get(str(image.id)).tags == ["localhost/gone:1", "localhost/gone:2"]
    assert engine.client.images.get(str(image.short_id)).id == image.id
    with pytest.raises(APIError, match="image is referenced in multiple repositories") as refused:
        engine.client.images.remove(str(image.id))
    assert refused.value.status_code == 409
    engine.client.images.remove("localhost/gone:1")
    assert engine.client.images.list(name="localhost/gone")[0].tags == ["localhost/gone:2"]
    engine.client.images.remove("localhost/gone:2")
    with pytest.raises(ImageNotFound):
        engine.client.images.get(str(image.id))
    assert engine.client.images.list(filters={"label": "for=removal"}) == []


def test_an_image_that_a_container_uses_stays(engine: EngineProgram) -> None:
    container = engine.client.containers.create(APP, name="user")
    with pytest.raises(APIError, match=f"container {container.short_id} is using its referenced image") as refused:
        engine.client.images.remove(APP)
    assert refused.value.status_code == 409
    engine.clear()


def test_variables_in_all_their_spellings() -> None:
    known = {"A": "1", "EMPTY": ""}
    cases = {
        "$A": "1",
        "${A}b": "1b",
        "${B:-x$A}": "x1",
        "${EMPTY:-x}": "x",
        "${A:+y}": "y",
        "${B:+y}": "",
        r"\$A": "$A",
    }
    assert {text: expand(text, known) for text in cases} == cases


def test_a_dockerfile_keeps_its_stages_apart() -> None:
    read = read_dockerfile("ARG A=1\nFROM x AS Build\nRUN a \\\n  b\n\nFROM build\n")
    assert [(stage.image, stage.name) for stage in read.stages] == [("x", "build"), ("build", "")]
    assert [instruction.text for instruction in read.stages[0].instructions] == ["RUN a b"]
    with pytest.raises(DockerfileError, match="COPY requires at least one argument"):
        read_dockerfile("FROM x\nCOPY\n")
