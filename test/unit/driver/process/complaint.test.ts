import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaintIn } from '../../../../src/driver/process/complaint.ts';

test('the complaint of a crashed interpreter is the line that names the error', () => {
  const node = `node:internal/modules/cjs/loader:1478
  throw err;
  ^

Error: Cannot find module '/x/bootstrap.cjs'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1475:15) {
  code: 'MODULE_NOT_FOUND'
}

Node.js v26.10.0
`;
  assert.equal(complaintIn(node), "Error: Cannot find module '/x/bootstrap.cjs'");
  const python = `Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nModuleNotFoundError: No module named 'y'\n`;
  assert.equal(complaintIn(python), "ModuleNotFoundError: No module named 'y'");
});

test('the complaint is the last line if none names an error, and empty without output', () => {
  assert.equal(complaintIn("first\npython3: can't open file\n\n"), "python3: can't open file");
  assert.equal(complaintIn('\n'), '');
});
