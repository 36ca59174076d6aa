#!/usr/bin/env python3
"""Checks an evidence bundle of a Plenary plan; needs Python 3.8 or newer and nothing else.
Without a name it checks the folder in which it lies.  Compare the key in keys.txt with what was published.
Ends with 0 when the bundle is verified, 10 when it is not, 2 or 9 when it could not be looked at.
"""
import argparse, base64, hashlib, itertools, json, os, re, struct, sys
FILE_BYTES_MAX, FILES_MAX = 256 << 20, 65534
FIXED = ["README.txt", "manifest.json", "checkpoint", "prev-checkpoint", "consistency", "keys.txt",
         "report.html", "report.csv", "report.json", "verify.py"]
OF_ENTRY = ["entries/%d.cbor", "payload/%d.bin", "salt/%d.bin", "absent/%d.json", "proofs/%d.tlog-proof"]
FIELDS = ["v", "seq", "plan", "prev", "payload_len", "payload_commitment"]
NAME = r"([^\s+\0-\x1f\x7f-\x9f]+)"
BROKEN = (ValueError, struct.error, RecursionError, OverflowError)

def need(holds, reason):
    if not holds:
        raise ValueError(reason)
def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

# Ed25519 (RFC 8032) by the strict rules: nothing of small order, no second form of a signature.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ZERO = -121665 * pow(121666, P - 2, P) % P, (0, 1, 1, 0)
def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    return ((b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P)
def times(k, p):
    q = ZERO
    while k:
        q, p, k = (add(q, p) if k & 1 else q), add(p, p), k >> 1
    return q
def unpack(raw):
    number = int.from_bytes(raw, "little")
    y = (number & (1 << 255) - 1) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if (v * x * x - u) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    need((v * x * x - u) % P == 0, "not a point of the curve")
    x = x if x & 1 == number >> 255 else (P - x) % P
    return (x, y, 1, x * y % P)
def pack(p):
    z = pow(p[2], P - 2, P)
    return (p[1] * z % P | (p[0] * z % P & 1) << 255).to_bytes(32, "little")
def is_small(p):
    return pack(times(8, p)) == pack(ZERO)
def is_signed(key, text, signature):
    a, r, s = unpack(key), unpack(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L or is_small(a) or is_small(r):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    base = unpack((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    return pack(add(times(s, base), times(k, (P - a[0], a[1], 1, P - a[3])))) == signature[:32]

# Texts: keys, signed notes, checkpoints and proofs (c2sp.org).
def unbase(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "not base64")
    return raw
def digest(text):
    need(len(unbase(text)) == 32, "not a hash")
    return unbase(text)
def decimal(text):
    need(re.fullmatch("0|[1-9][0-9]{0,19}", text) and int(text) < 1 << 64, "not a number")
    return int(text)
def read_key(line):
    found = re.fullmatch(NAME + r"\+([0-9a-f]{8})\+(\S+)", line)
    raw = unbase(found[3]) if found else b""
    need(len(raw) == 33 and raw[0] == 1 and not is_small(unpack(raw[1:])), "%r is not a key" % line)
    need(sha(found[1].encode(), b"\n", raw)[:4].hex() == found[2], "%r has another id: it was altered" % line)
    return found[1], bytes.fromhex(found[2]), raw[1:]
def read_keys(text):
    return [read_key(line) for line in text.split("\n") if line]
def read_checkpoint(note, key):
    found = re.fullmatch("(.*\n)\n((?:\u2014 [^\n]+\n){1,100})", note, re.DOTALL)
    need(found and len(note) <= 1000000 and not re.search("[\0-\t\v-\x1f]", note), "not a signed note")
    signed = [re.fullmatch("\u2014 " + NAME + r" (\S+)", line) for line in found[2][:-1].split("\n")]
    need(all(line and len(unbase(line[2])) > 4 for line in signed), "not a signed note")
    signed = [is_signed(key[2], found[1].encode(), unbase(line[2])[4:]) for line in signed
              if (line[1], unbase(line[2])[:4]) == key[:2]]
    need(signed and all(signed), "the key that you trust has not signed it so")
    lines = found[1][:-1].split("\n")
    need(len(lines) > 2 and lines[0] == key[0] and "" not in lines, "not a checkpoint of %s" % key[0])
    return decimal(lines[1]), digest(lines[2])
def read_proof(raw, top):
    found = re.fullmatch(top + r" ([0-9]+)((?:\n[^\n]+){0,63})\n\n(.*)", raw.decode(), re.DOTALL)
    return need(found, "no proof") or decimal(found[1]), [digest(line) for line in found[2].split("\n")[1:]], found[3]
def climb(at, last, own, proof):
    """Where a proof leads (RFC 9162, 2.1.3.2 and 2.1.4.2): the root of the earlier tree, and the root."""
    old = new = own
    for other in proof:
        need(last, "the proof has too many hashes")
        if at & 1 or at == last:
            old, new = sha(b"\1", other, old), sha(b"\1", other, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = sha(b"\1", new, other)
        at, last = at >> 1, last >> 1
    need(last == 0, "the proof has too few hashes")
    return old, new
def check_growth(m, n, old_root, new_root, proof):
    if m == 0 or m >= n:
        return need(m <= n and not proof and old_root == (new_root if m == n else sha()), "the log was rewritten")
    ones = (m & -m).bit_length() - 1
    path = ([old_root] if m == m & -m else []) + proof
    roots = climb(m - 1 >> ones, n - 1 >> ones, path[0], path[1:]) if path else None
    need(roots == (old_root, new_root), "the log was rewritten")
# Envelopes: CBOR (RFC 8949), a map of which six fields are needed.
def item(raw, at, depth=0):
    """The item at a place, with its type, and the place behind it."""
    need(depth < 10 and at < len(raw), "it ends early, or is nested too deep")
    major, value, at = raw[at] >> 5, raw[at] & 31, at + 1
    if value > 23:
        need(value < 28 and at + (1 << value - 24) <= len(raw), "it ends early")
        value, at = int.from_bytes(raw[at:at + (1 << value - 24)], "big"), at + (1 << value - 24)
    need(major != 6 and (major not in (2, 3) or at + value <= len(raw)), "it ends early, or has a tag")
    if major in (2, 3):
        return (major, raw[at:at + value]), at + value
    items = []
    for _ in range(value * (major - 3) if major in (4, 5) else 0):
        one, at = item(raw, at, depth + 1)
        items.append(one)
    return (major, items if major in (4, 5) else value), at
def place(envelope):
    (major, items), end = item(envelope, 0)
    need(major == 5 and end == len(envelope) and all(kind == 3 for kind, _ in items[::2]), "it is no map")
    names = [name.decode() for _, name in items[::2]]
    need(all(names.count(name) == 1 for name in FIELDS), "a field is missing, or stands twice in it")
    found = [items[2 * names.index(name) + 1] for name in FIELDS]
    need([kind for kind, _ in found] == [0, 0, 3, 2, 0, 2], "a field is of another kind")
    need(len(found[3][1]) == len(found[5][1]) == 32, "a hash is none")
    return [value for _, value in found]
# The bundle.
def read_zip(raw):
    """Files that lie one behind the other, stored, each listed once: so every reader sees the same."""
    end = struct.unpack("<4s4H2LH", raw[-22:])
    need(end[0] == b"PK\5\6" and end[1:3] == (0, 0) and end[3] == end[4] <= FILES_MAX, "not all of a zip")
    need(end[5] + end[6] == len(raw) - 22 < FILE_BYTES_MAX and end[7] == 0, "not all of a zip")
    files, at, listed, seen = {}, 0, raw[end[6]:-22], 0
    for _ in range(end[3]):
        one, local = struct.unpack_from("<4s6H3L5H2L", listed, seen), struct.unpack_from("<4s5H3L2H", raw, at)
        name, size = listed[seen + 46:seen + 46 + one[10]], one[9]
        begin, seen = at + 30 + local[9] + local[10], seen + 46 + sum(one[10:13])
        need((one[0], one[4], one[8], one[16], one[3] & ~2048) == (b"PK\1\2", 0, size, at, 0), "packed anew")
        need(local[:1] + local[2:4] + local[7:9] == (b"PK\3\4", one[3], 0, size, size), "packed anew")
        need(name == raw[at + 30:at + 30 + local[9]] and begin + size <= end[6], "packed anew, or cut")
        need(name.decode("ascii") not in files, "%r is in it twice" % name)
        files[name.decode("ascii")], at = raw[begin:begin + size], begin + size
    need(seen == len(listed) and at == end[6], "the zip holds more than it lists")
    return files
def read_folder(root):
    files = {}
    for folder, folders, names in os.walk(root):
        need(not any(os.path.islink(os.path.join(folder, name)) for name in folders + names), "it has links")
        for path in (os.path.join(folder, name) for name in names):
            need(os.path.isfile(path) and os.path.getsize(path) <= FILE_BYTES_MAX and len(files) < FILES_MAX, path)
            files[os.path.relpath(path, root).replace(os.sep, "/")] = open(path, "rb").read()
    return files
def parse(raw):
    # Other programs read no number past the largest float, no half characters, nothing nested deeper.
    finite = dict(parse_int=lambda text: (int(float(text)), int(text))[1], parse_float=lambda text: (int(float(text)), float(text))[1])
    value, bare = json.loads(raw.decode(), parse_constant=int, **finite), re.sub(r'"(\\.|[^"\\])*"', "", raw.decode())
    deepest = max(itertools.accumulate((sign in "[{") - (sign in "]}") for sign in bare), default=0)
    need(isinstance(value, dict) and deepest < 128 and json.dumps(value, ensure_ascii=False).encode(), "not a JSON object")
    return value
def number(value):
    need(type(value) is int and 0 < value < 1 << 64, "%r is not a number of an entry" % (value,))
    return value
def check_entry(files, plan, seq, before, note, size, root):
    def get(kind):
        need(OF_ENTRY[kind] % seq in files, OF_ENTRY[kind] % seq + " is missing")
        return files[OF_ENTRY[kind] % seq]
    version, found, of, previous, length, commitment = place(get(0))
    need(version <= 1 and (found, of.decode()) == (seq, plan), "it is the envelope of entry %d of %r" % (found, of))
    before = bytes(32) if seq == 1 else before
    need(before is None or previous == before, "it does not name the entry before it")
    if OF_ENTRY[3] % seq in files:
        need(not {OF_ENTRY[1] % seq, OF_ENTRY[2] % seq} & set(files), "it is said to be removed, and is there")
        by = parse(get(3)).get("removed_by")
        verdict = "PAYLOAD ABSENT (proof valid)" + ("" if by is None else ", removed by entry %d" % number(by))
    else:
        verdict = "VALID"
        need(len(get(2)) == 32 and len(get(1)) == length and commitment == sha(
            b"plenary-payload/v1\0", get(2), get(1)), "the payload is not the one that was logged")
    index, hashes, of = read_proof(get(4), r"c2sp\.org/tlog-proof@v1\n(?:extra [^\n]*\n)?index")
    need(index == seq - 1 < size and of == note, "the proof is of another entry or checkpoint")
    leaf = sha(b"\0", get(0))
    need(climb(index, size - 1, leaf, hashes)[1] == root, "it is not the entry that was logged")
    return leaf, verdict
def check(files, trusted):
    """Prints what each entry shows; gives whether all of them hold."""
    for name in ("manifest.json", "checkpoint", "keys.txt"):
        need(name in files, "%s is missing" % name)
    manifest, note = parse(files["manifest.json"]), files["checkpoint"].decode()
    plan, entries, whole = manifest.get("plan"), manifest.get("entries"), manifest.get("complete")
    need(manifest.get("format") == "plenary-evidence/1" and isinstance(plan, str), "manifest.json is of another format")
    need(re.fullmatch("[a-z0-9-]{1,64}", plan) and isinstance(entries, list) and entries, "manifest.json")
    need(all(a < b for a, b in zip([0] + entries, map(number, entries))), "the entries are out of order")
    if whole is not None:
        need(isinstance(whole, dict), "manifest.json: complete")
        need(entries[-1] - entries[0] == len(entries) - 1 and [entries[0], entries[-1]] == [
            number(whole.get("from")), number(whole.get("to"))], "it claims a range, and not all of it is listed")
    keys = [key for key in read_keys(files["keys.txt"].decode()) if key[0] == note.split("\n")[0]]
    need(keys and (not trusted or keys[0] in trusted), "the key is not there, or not the one you gave")
    size, root = read_checkpoint(note, keys[0])
    log = re.fullmatch("(.+)/plans/([^/]*)/([^/]*)", keys[0][0], re.DOTALL)
    need(log and log[2] == plan and decimal(log[3]) >= 0, "the checkpoint is of another plan")
    since = None
    if "prev-checkpoint" in files or "consistency" in files:
        need("prev-checkpoint" in files and "consistency" in files, "a part of the proof of growth is missing")
        since, old_root = read_checkpoint(files["prev-checkpoint"].decode(), keys[0])
        m, hashes, later = read_proof(files["consistency"], "old")
        need(m == since and later == note, "consistency is of other checkpoints")
        check_growth(m, size, old_root, root, hashes)
    need(repr(since) == repr(manifest.get("since")) != "0", "manifest and prev-checkpoint do not say the same")
    known = set(FIXED).union(form % seq for seq in entries for form in OF_ENTRY)
    need(set(files) <= known, "files do not belong into it: %s" % sorted(set(files) - known)[:3])
    leaves, holds = {}, True
    for seq in entries:
        try:
            leaves[seq], verdict = check_entry(files, plan, seq, leaves.get(seq - 1), note, size, root)
        except BROKEN as error:
            verdict, holds = "INVALID (%s)" % error, False
        print("entry %d: %s" % (seq, verdict))
    print("log: %s, %d entries; its key is %s" % (keys[0][0], size, "the one you gave" if trusted else
          "only as trustworthy as this bundle: compare keys.txt with what was published, or give --key"))
    print("range: %d to %d, complete if every entry above holds" % (entries[0], entries[-1]) if whole else
          "selection: that there are no other entries of this kind is NOT shown")
    print("growth: only added to since it had %d entries" % since if since else "growth: not asked for")
    return holds
def given(text):
    return read_keys(open(text, encoding="utf-8").read() if os.path.exists(text) else text) or need(0, "no key")
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", nargs="?", default=os.path.dirname(os.path.abspath(__file__)), help="zip or folder")
    parser.add_argument("--key", type=given, default=[], help="a key that you trust, or a file of such keys")
    asked = parser.parse_args()
    try:
        is_folder = os.path.isdir(asked.bundle)
        files = read_folder(asked.bundle) if is_folder else read_zip(open(asked.bundle, "rb").read(FILE_BYTES_MAX + 1))
        holds = check(files, asked.key)
    except BROKEN as error:
        holds = print("bundle: INVALID (%s)" % error)
    except OSError as error:
        sys.exit(print("cannot be looked at: %s" % error, file=sys.stderr) or 9)
    print("VERIFIED" if holds else "NOT VERIFIED: this is not evidence")
    sys.exit(0 if holds else 10)
if __name__ == "__main__":
    main()
