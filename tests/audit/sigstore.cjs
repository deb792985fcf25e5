// SPDX-License-Identifier: BSD-2-Clause
// A proof of ours, verified by code that others wrote for another log: the signed note and the
// RFC 6962 path by sigstore-js.  Needs node and what `npm install @sigstore/verify` puts into a folder.
//
//	node sigstore.cjs NODE_MODULES VKEY FILE.tlog-proof...		prints a line for each, or fails
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");

const [modules, vkey, ...files] = process.argv.slice(2);
const tlog = path.join(modules, "@sigstore", "verify", "dist", "tlog");
const { verifyCheckpoint } = require(path.join(tlog, "checkpoint.js"));
const { verifyMerkleInclusion } = require(path.join(tlog, "merkle.js"));

// "name+id+base64(01 key)" as what sigstore-js calls a log; DER of RFC 8410 before the key
function logOf(vkey) {
	const [name, id] = vkey.split("+", 2);
	const raw = Buffer.from(vkey.slice(name.length + id.length + 2), "base64");
	const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw.subarray(1)]);

	return {
		baseURL: name,
		logID: Buffer.from(id, "hex"),
		publicKey: crypto.createPublicKey({ key: der, format: "der", type: "spki" }),
	};
}

function check(file, log) {
	const text = fs.readFileSync(file, "utf8");
	const split = text.indexOf("\n\n");
	const [first, extra, index, ...hashes] = text.slice(0, split).split("\n");

	if (first !== "c2sp.org/tlog-proof@v1")
		throw new Error(file + " is no proof");
	const record = JSON.parse(Buffer.from(extra.slice("extra ".length), "base64")).record;
	const entry = {
		canonicalizedBody: Buffer.from(record, "utf8"),
		inclusionProof: {
			logIndex: index.slice("index ".length),
			hashes: hashes.map((h) => Buffer.from(h, "base64")),
			checkpoint: { envelope: text.slice(split + 2) },
		},
	};
	const checkpoint = verifyCheckpoint(entry, [log]); // throws, as the next does

	verifyMerkleInclusion(entry, checkpoint);
	console.log(`${JSON.parse(record).seq} of ${checkpoint.logSize}`);
}

for (const file of files)
	check(file, logOf(vkey));
