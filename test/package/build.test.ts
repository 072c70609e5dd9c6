import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../world/root.ts'

// PACK-4
test('before a start: sources that can not be bundled leave what was built, and are no reason not to start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pando-build-'))
  try {
    for (const name of ['package.json', 'build.ts', 'console/build.ts', 'console/fresh.ts'])
      cpSync(join(root, name), join(folder, name))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const put = (file: string, time: number, text: string) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
      utimesSync(join(folder, file), time, time)
    }
    const future = Date.now() / 1000 + 1000
    put('dist/console/index.html', future, '')
    put('dist/main.js', 1000, 'built')
    put('src/main.ts', 2000, 'what is (this')
    const { stderr } = await promisify(execFile)(process.execPath, [join(folder, 'build.ts'), '--missing'])
    assert.match(stderr, /^The sources are run: bundling them failed\./)
    assert.equal(readFileSync(join(folder, 'dist/main.js'), 'utf8'), 'built')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
