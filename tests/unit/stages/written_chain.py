"""A made-up chain as a folder: objects, side-cars and public keys."""

import json

from tests.unit.integrity.small_chain import PUBLIC_KEYS


def write_chain(memory, folder):
    """Write a `Memory` below *folder* as `verify` wants a copy of a bucket, and return the folder."""
    for key, data in memory.objects.items():
        place = folder / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        if key in memory.metadatas:
            text = json.dumps({"Metadata": memory.metadatas[key]})
            place.with_name(f"{place.name}.metadata.json").write_text(text)
    (folder / "public-keys.json").write_bytes(PUBLIC_KEYS)
    return folder
