import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { encodeStatus } from '#protocol/frames.ts'
import { parseModel } from '#protocol/model.ts'
import { tlvTypes } from '#protocol/tlv.ts'
import { root } from '../../test/world/root.ts'
import { modelCode } from './modelcode.ts'

const run = promisify(execFile)
const hard = '*/ x"; \\ \u2028 1st'
const every = tlvTypes.map(({ number, name }) => ({ value_type: number, name }))
const status = [...every, { value_type: 7, name: '' }, { value_type: 7, name: hard }, { value_type: 7, name: 'bool' }]
const call = (no: number, name: string) => ({ no, name, part: 1, priority: 0, params: status })
const config = {
  objects: [
    { no: 3, label: 'all', part: 2, status },
    { no: 4, label: hard, part: 1, status: [] },
  ],
  commands: [call(1, 'go'), call(2, hard), call(3, 'GO')],
  events: [call(1, 'go')],
}
const facts = { product: hard, version: 7, model: parseModel(JSON.stringify(config)) }

// ADM-31
test('the TypeScript of a model is TypeScript, whatever its names hold', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'pando-code-'))
  try {
    const use = `const s: Status['all'] = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, '', '', true, 1, 1, 1]
const c: Commands['go'] = s
export const wrong: Events['go'] extends string[] ? 1 : 0 = 0
export const both = [s, c]\n`
    writeFileSync(join(dir, 'model.ts'), modelCode('typescript', facts) + use)
    await run(join(root, 'node_modules/.bin/tsc'), [
      '--noEmit',
      '--strict',
      '--ignoreConfig',
      '--types',
      '',
      join(dir, 'model.ts'),
    ])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

// ADM-31
test('what the C of a model writes is what the cloud would write', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'pando-code-'))
  try {
    const there = await run('cc', ['--version']).catch(() => undefined)
    if (!there) return t.skip('no C compiler is here')
    writeFileSync(join(dir, 'model.h'), modelCode('c', facts))
    writeFileSync(
      join(dir, 'main.c'),
      `#include "model.h"
#include <stdio.h>
int main(void) {
  unsigned char frame[256], *end = pando_status(frame, 1800000000123);
  end = pando_put_all(end, -1.5, 0.25f, -3, -300, -70000, -5000000000, 200, 60000, 4000000000, 18000000000000000000u, "\\1\\2", 2, "hi", 2, 5, 1, 2, 3);
  for (unsigned char *b = frame; b < end; b++) printf("%02x", *b);
}\n`,
    )
    await run('cc', ['-std=c99', '-Wall', '-Wextra', '-Werror', '-o', join(dir, 'main'), join(dir, 'main.c')])
    const { stdout } = await run(join(dir, 'main'), [])
    const values = [
      -1.5,
      0.25,
      -3,
      -300,
      -70000,
      -5000000000n,
      200,
      60000,
      4000000000,
      18000000000000000000n,
      Uint8Array.of(1, 2),
      'hi',
      true,
      1,
      2,
      3,
    ]
    const types = [...tlvTypes.map((x) => x.number), 7, 7, 7]
    const frame = encodeStatus({ timestamp: 1800000000123, properties: [{ subDevice: 2, object: 3, values, types }] })
    assert.equal(stdout, Buffer.from(frame).toString('hex'))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
