// Loaded before the client (node -r): two things that version 0.9.0 needs to run from a plain folder.
"use strict";
const Module = require("module");
const readline = require("readline");

// The compiled client says readline.default, which a built-in module does not have.
readline.default = readline;

// c-kzg is native code for blob transactions. Our chain has none, so nothing has to be compiled and
// the image works with any node version.
const load = Module._load;
Module._load = function (request, ...rest) {
	return request === "c-kzg" ? { loadTrustedSetup() {} } : load.call(this, request, ...rest);
};
