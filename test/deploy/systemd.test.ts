import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { serviceNames } from '#src/services.ts'
import { expectCommand, root, textOf } from './files.ts'

const units = ['deploy/systemd/pando.service', 'deploy/systemd/pando@.service']

// DEPLOY-6
test('the units start command lines of ours, as a user of their own that writes to its folder only', async () => {
  for (const file of units) {
    const text = textOf(file)
    const line = /^ExecStart=\/opt\/pando\/bin\/pando (.*)$/m.exec(text)![1]!
    for (const service of serviceNames) await expectCommand(line.replace('$SERVICES', service).split(' '))
    for (const wanted of ['User=pando', 'ProtectSystem=strict', 'NoNewPrivileges=yes', 'LimitNOFILE=1048576', 'Restart=always'])
      assert.ok(text.split('\n').includes(wanted), `${file}: ${wanted}`)
    assert.ok(text.includes(`PANDO_DATA_DIR=/var/lib/${/^StateDirectory=(.*)$/m.exec(text)![1]}`), file)
  }
})

const there = spawnSync('systemd-analyze', ['--version']).status === 0

// DEPLOY-6
test('systemd finds nothing wrong with them', there ? {} : { skip: 'no systemd-analyze here' }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'pando-units-'))
  try {
    for (const file of units) {
      const name = file.split('/').at(-1)!.replace('@.', '@mqttaccess.')
      writeFileSync(
        join(dir, name),
        textOf(file)
          .replaceAll('/opt/pando', root)
          .replace(/^User=.*\nGroup=.*$/m, ''),
      )
      const said = execFileSync('/bin/sh', ['-c', `systemd-analyze verify --man=no '${join(dir, name)}' 2>&1`], {
        encoding: 'utf8',
      })
      assert.equal(
        said
          .split('\n')
          .filter((l) => l.includes(name))
          .join('\n'),
        '',
      )
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
})
