"""Terraform's files: read as text always; formatted, validated and tested by Terraform itself where it can be had."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import hcl2
import pytest
from hcl2.utils import SerializationOptions

from infra.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[2]
TERRAFORM: Final = ROOT / "terraform"
OPTIONS: Final = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)
# Arguments whose value Terraform would keep in its state.
KEPT_SECRETS: Final = frozenset({"password", "passwords", "auth_token", "master_password", "secret_string", "secret_binary", "private_key"})

Block = dict[str, Any]


def load_all() -> dict[str, list[Block]]:
    """The blocks of every file, by kind."""
    blocks: dict[str, list[Block]] = {}
    for path in sorted(TERRAFORM.glob("*.tf")):
        with path.open() as file:
            for kind, found in hcl2.load(file, serialization_options=OPTIONS).items():
                blocks.setdefault(kind, []).extend(found)
    return blocks


@pytest.fixture(scope="module")
def blocks() -> dict[str, list[Block]]:
    return load_all()


def labelled(blocks: dict[str, list[Block]], kind: str) -> dict[tuple[str, str], Block]:
    """Blocks with two labels, such as resources, by type and name."""
    found = [(block_type, name, body) for block in blocks.get(kind, []) for block_type, named in block.items() for name, body in named.items()]
    by_label = {(block_type, name): body for block_type, name, body in found}
    assert len(by_label) == len(found), f"a {kind} is declared twice"
    return by_label


def resources(blocks: dict[str, list[Block]], block_type: str) -> dict[str, Block]:
    return {name: body for (found, name), body in labelled(blocks, "resource").items() if found == block_type}


def strings(value: Any) -> Iterator[str]:
    """Every string in a parsed value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def arguments(value: Any) -> Iterator[tuple[str, Any]]:
    """Every argument at any depth with its value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from arguments(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from arguments(inner)


def referenced(blocks: dict[str, list[Block]], pattern: str) -> set[Any]:
    return {match for text in strings(blocks) for match in re.findall(pattern, text)}


def test_every_resource_that_is_referred_to_exists(blocks: dict[str, list[Block]]) -> None:
    used = referenced(blocks, r"(?<![\w.])(aws_[a-z0-9_]+)\.([a-z0-9_]+)")
    assert ("aws_db_instance", "main") in used
    assert used - set(labelled(blocks, "resource")) == set()


def test_every_data_source_and_ephemeral_resource_exists_and_is_used(blocks: dict[str, list[Block]]) -> None:
    for kind in ("data", "ephemeral"):
        assert referenced(blocks, rf"(?<![\w.]){kind}\.([a-z0-9_]+)\.([a-z0-9_]+)") == set(labelled(blocks, kind))


def test_every_variable_and_local_exists_and_is_used(blocks: dict[str, list[Block]]) -> None:
    variables = {name for block in blocks["variable"] for name in block}
    locals_ = {name for block in blocks["locals"] for name in block}
    assert referenced(blocks, r"(?<![\w.])var\.([a-z0-9_]+)") == variables
    assert referenced(blocks, r"(?<![\w.])local\.([a-z0-9_]+)") == locals_


def test_variables_are_described_and_typed(blocks: dict[str, list[Block]]) -> None:
    for block in blocks["variable"]:
        for name, body in block.items():
            assert {"description", "type"} <= set(body), name


def test_only_the_load_balancer_is_open_to_the_world_and_only_on_80_and_443(blocks: dict[str, list[Block]]) -> None:
    world = {"0.0.0.0/0", "::/0"}
    rules = resources(blocks, "aws_vpc_security_group_ingress_rule")
    open_rules = {name: rule for name, rule in rules.items() if {rule.get("cidr_ipv4"), rule.get("cidr_ipv6")} & world}
    assert {(rule["security_group_id"], rule["from_port"], rule["to_port"]) for rule in open_rules.values()} == {
        ("${aws_security_group.balancer.id}", 443, 443),
        ("${aws_security_group.balancer.id}", 80, 80),
    }
    # Every other rule names the group that it lets in.
    assert all("referenced_security_group_id" in rule for name, rule in rules.items() if name not in open_rules)
    groups = resources(blocks, "aws_security_group") | resources(blocks, "aws_default_security_group")
    assert [name for name, group in groups.items() if "ingress" in group or "egress" in group] == []
    assert resources(blocks, "aws_security_group_rule") == {}


def test_port_80_only_redirects(blocks: dict[str, list[Block]]) -> None:
    listener = resources(blocks, "aws_lb_listener")["http"]
    assert (listener["port"], listener["default_action"][0]["type"]) == (80, "redirect")
    assert listener["default_action"][0]["redirect"][0]["protocol"] == "HTTPS"


def test_everything_at_rest_is_encrypted_with_the_own_key(blocks: dict[str, list[Block]]) -> None:
    key = "${aws_kms_key.data.arn}"
    assert {(body["storage_encrypted"], body["kms_key_id"]) for body in resources(blocks, "aws_db_instance").values()} == {(True, key)}
    caches = resources(blocks, "aws_elasticache_replication_group").values()
    assert {(body["at_rest_encryption_enabled"], body["transit_encryption_enabled"], body["kms_key_id"]) for body in caches} == {(True, True, key)}
    encryption = resources(blocks, "aws_s3_bucket_server_side_encryption_configuration")
    assert {body["bucket"] for body in encryption.values()} == {f"${{aws_s3_bucket.{name}.id}}" for name in resources(blocks, "aws_s3_bucket")}
    for block_type in ("aws_cloudwatch_log_group", "aws_secretsmanager_secret"):
        assert {body.get("kms_key_id") for body in resources(blocks, block_type).values()} == {key}, block_type


def test_the_database_and_the_network_keep_their_guards(blocks: dict[str, list[Block]]) -> None:
    database = resources(blocks, "aws_db_instance")["main"]
    expected = {"multi_az": True, "deletion_protection": True, "publicly_accessible": False, "manage_master_user_password": True}
    assert {name: database[name] for name in expected} == expected
    parameters = resources(blocks, "aws_db_parameter_group")["main"]["dynamic"][0]["parameter"]["for_each"]
    assert (parameters["rds.force_ssl"], parameters["jit"]) == ("1", "0")
    assert all(set(body) >= {"policy"} for body in resources(blocks, "aws_vpc_endpoint").values())


def test_no_secret_is_kept_in_the_state_or_stands_in_a_file(blocks: dict[str, list[Block]]) -> None:
    for (block_type, name), body in labelled(blocks, "resource").items():
        kept = {argument for argument, _ in arguments(body)} & KEPT_SECRETS
        assert kept == set(), f"{block_type}.{name} would keep {kept} in the state"
    for path in [*TERRAFORM.glob("*.tf"), *TERRAFORM.glob("tests/*.hcl")]:
        text = path.read_text()
        assert not re.search(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN|eyJ[A-Za-z0-9_-]{20,}", text), path.name
        # A password inside an address is an expression, never text.
        assert not re.search(r"://[^/\s\"@]*:(?!\$\{)[^/\s\"@]+@", text), path.name
    written = [value for argument, value in arguments(blocks["resource"]) if argument == "secret_string_wo"]
    assert len(written) == 2
    assert all("ephemeral." in value for value in written)


def test_ephemeral_values_reach_write_only_arguments_alone(blocks: dict[str, list[Block]]) -> None:
    carriers = {argument for argument, value in arguments(blocks["resource"]) if isinstance(value, str) and "ephemeral." in value}
    assert carriers == {"secret_string_wo"}
    assert not any("ephemeral." in text for text in strings([blocks["locals"], blocks["output"]]))


def test_the_containers_are_given_settings_that_exist_and_every_one_that_is_required() -> None:
    given = set(re.findall(r"^\s+(SUYUAN_[A-Z0-9_]+)\s+=", (TERRAFORM / "containers.tf").read_text(), re.MULTILINE))
    fields = {f"SUYUAN_{name.upper()}": field for name, field in Settings.model_fields.items()}
    assert given - set(fields) == set()
    assert {name for name, field in fields.items() if field.is_required()} - given == set()


def test_the_containers_agree_with_the_image() -> None:
    dockerfile = (ROOT / "infra" / "docker" / "Dockerfile").read_text()
    containers = (TERRAFORM / "containers.tf").read_text()
    user = re.search(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    assert user
    assert f'user                   = "{user[1]}"' in containers
    assert re.search(r'^VOLUME \["/tmp"\]$', dockerfile, re.MULTILINE)
    assert 'containerPath = "/tmp"' in containers
    assert re.search(r'"/app/infra/docker/certificates/database.pem"', containers)
    assert (ROOT / "infra" / "docker" / "certificates").is_dir()


def terraform(*arguments_: str, cwd: Path, timeout: int = 60) -> subprocess.CompletedProcess[str]:
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform isn't installed; its files were checked as text")
    environment = dict(os.environ) | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_DATA_DIR": str(cwd / ".terraform")}
    # A configuration that is named but absent makes Terraform complain on every call.
    if not Path(environment.get("TF_CLI_CONFIG_FILE", "")).is_file():
        environment.pop("TF_CLI_CONFIG_FILE", None)
    return subprocess.run([program, *arguments_], cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout, check=False)


def provider_mirror() -> Path | None:
    """A directory in the layout of a provider mirror, where this machine keeps one beside the places that Terraform looks at itself."""
    named = os.environ.get("SUYUAN_TERRAFORM_PLUGINS")
    candidates = [Path(named)] if named else sorted(Path("/opt").glob("*/"))
    return next((path for path in candidates if (path / "registry.terraform.io" / "hashicorp" / "aws").is_dir()), None)


def test_terraform_finds_the_files_formatted(tmp_path: Path) -> None:
    copy = shutil.copytree(TERRAFORM, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform"))
    formatted = terraform("fmt", "-check", "-recursive", "-diff", cwd=copy)
    assert (formatted.returncode, formatted.stdout) == (0, "")


@pytest.mark.timeout(420)
def test_terraform_validates_the_files_and_their_own_tests_pass(tmp_path: Path) -> None:
    copy = shutil.copytree(TERRAFORM, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform"))
    mirror = provider_mirror()
    plugins = [f"-plugin-dir={mirror}"] if mirror else []
    started = terraform("init", "-backend=false", "-input=false", "-lockfile=readonly", "-no-color", *plugins, cwd=copy, timeout=120)
    if started.returncode != 0 and "could not connect" in started.stderr:
        pytest.skip("the AWS provider can't be had: no registry, no mirror (SUYUAN_TERRAFORM_PLUGINS may name one)")
    assert (started.returncode, started.stderr) == (0, "")
    validated = terraform("validate", "-no-color", cwd=copy)
    assert validated.returncode == 0, validated.stdout + validated.stderr
    tested = terraform("test", "-no-color", cwd=copy, timeout=240)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    passed = re.search(r"Success! (\d+) passed, 0 failed\.", tested.stdout)
    assert passed
    assert int(passed[1]) == len(re.findall(r'^run "', (TERRAFORM / "tests" / "security.tftest.hcl").read_text(), re.MULTILINE))
