#!/usr/bin/env python3
"""Writes the components of ncloud-reissue as a CycloneDX 1.6 document (SBOM) to standard output.

Linked in: the Swift packages whose modules are in the program (versions from Package.resolved), the Swift
runtime, libstdc++ and libgcc. Shared: the C libraries, with the least version that the program needs; which
version is loaded is a fact of the system that runs it. Of a package with two names, the older one is listed.

examples/package.sh calls it from the project's folder after a release build. The same program gives the same
bytes: the date is SOURCE_DATE_EPOCH, the serial number is made from the program's hash.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import urllib.parse
import uuid


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def modules_in(program):
    """The names of the Swift modules that have a symbol in the program."""
    found = set()
    for length, rest in re.findall(r"\$s(\d+)(\w+)", run("nm", program)):
        name = rest[: int(length)]
        if len(name) == int(length):
            found.add(name)
    return found


def linked(name, version, purl, description, **more):
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "description": description,
        "scope": "required",
        "purl": purl,
        **more,
    }


def swift_packages(modules):
    """The packages of Package.resolved that are in the program."""
    for pin in json.loads(pathlib.Path("Package.resolved").read_text())["pins"]:
        sources = pathlib.Path(".build/checkouts", pathlib.Path(pin["location"]).stem, "Sources")
        if not {folder.name for folder in sources.iterdir()} & modules:
            continue
        address = urllib.parse.urlparse(pin["location"])
        path = address.netloc + address.path.removesuffix(".git")
        version, revision = pin["state"]["version"], pin["state"]["revision"]
        yield linked(
            pin["identity"],
            version,
            f"pkg:swift/{path}@{version}",
            f"linked in; revision {revision}",
            externalReferences=[{"type": "vcs", "url": pin["location"]}],
        )


def toolchain(modules):
    """Libraries that the compilers link in."""
    version = pathlib.Path(".swift-version").read_text().strip()
    tag = f"swift-{version}-RELEASE"
    yield linked(
        "swift", version, f"pkg:github/swiftlang/swift@{tag}", "linked in: standard library and runtime"
    )
    if any(name.startswith("Foundation") for name in modules):
        purl = f"pkg:github/swiftlang/swift-foundation@{tag}"
        yield linked("swift-foundation", version, purl, "linked in: FoundationEssentials")
    for archive in ("libstdc++.a", "libgcc.a"):
        file = os.path.realpath(run("gcc", f"-print-file-name={archive}").strip())
        package = run("dpkg-query", "-S", file).split(":")[0]
        version = run("dpkg-query", "-W", "-f", "${Version}\n", package).splitlines()[0]
        quoted = urllib.parse.quote(package, safe="")
        purl = f"pkg:deb/debian/{quoted}@{urllib.parse.quote(version, safe='')}"
        yield linked(archive.removesuffix(".a"), version, purl, f"linked in; from the package {package}")


def shared_libraries(depends):
    """The packages of the shared libraries; `depends` is as in the control file of a Debian package."""
    for name, version in re.findall(r"([a-z0-9.+-]+)(?: \(>= ([^)]+)\))?(?:, |$)", depends):
        purl = f"pkg:deb/debian/{urllib.parse.quote(name, safe='')}"
        needs = f", version {version} or later" if version else ""
        component = {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "description": f"shared library of the system{needs}",
            "scope": "required",
            "purl": purl,
        }
        if version:
            component["properties"] = [{"name": "ncloud-reissue:minimum-version", "value": version}]
        yield component


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--program", required=True, help="the program with its symbols")
    options.add_argument("--shipped", required=True, help="the program as it is published")
    options.add_argument("--version", required=True)
    options.add_argument("--shared", required=True, help="Depends of the Debian package")
    options = options.parse_args()

    modules = modules_in(options.program)
    digest = hashlib.sha256(pathlib.Path(options.shipped).read_bytes()).hexdigest()
    components = [
        *swift_packages(modules),
        *toolchain(modules),
        *shared_libraries(options.shared),
    ]
    components.sort(key=lambda component: component["bom-ref"])
    now = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    purl = f"pkg:generic/ncloud-reissue@{options.version}"
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": purl,
                "name": "ncloud-reissue",
                "version": options.version,
                "purl": purl,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            },
        },
        "components": components,
        "dependencies": [
            {"ref": purl, "dependsOn": [component["bom-ref"] for component in components]},
            *({"ref": component["bom-ref"]} for component in components),
        ],
    }
    print(json.dumps(document, indent=2, ensure_ascii=False))


main()
