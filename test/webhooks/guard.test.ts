import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { after, before, describe, it } from 'node:test'
import { answers, type HookReceiver, hookReceiver } from '../support/hookreceiver.ts'
import { startWebhooks } from '../support/webhooks.ts'

const address = (a: string): LookupAddress => ({ address: a, family: a.includes(':') ? 6 : 4 })

// HOOK-9
describe('S-13 report URLs into networks that are closed', () => {
  let r: HookReceiver
  before(async () => {
    r = await hookReceiver()
  })
  after(() => r.close())

  /** Sends a test message to the URL, with names that resolve as told; → its error, '' if it was delivered. */
  async function errorOf(
    url: string,
    o: { allow?: string[]; names?: (host: string, time: number) => string[] } = {},
  ): Promise<string> {
    let times = 0
    const w = await startWebhooks({
      config: { notifierAllow: o.allow ?? [] },
      ...(o.names && {
        resolve: (host, done) => done(null, o.names!(host, ++times).map(address)),
      }),
    })
    w.addApplication(url)
    const { error = '' } = await w.face.test({ applicationId: 1 })
    await w.stop()
    return error
  }

  const port = () => new URL(r.url).port
  const closed = [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '127。0。0。1',
    'localhost',
  ]
  for (const host of closed) {
    it(`http://${host}: refused, nothing is connected`, async () => {
      const from = r.hooks.length
      assert.match(await errorOf(`http://${host}:${port()}/`), /not a public address/)
      assert.equal(r.hooks.length, from)
    })
  }

  for (const url of [
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00:ec2::254]/',
    'http://10.0.0.1/',
    'https://192.168.0.1/',
  ]) {
    it(`${url}: refused`, async () => assert.match(await errorOf(url), /not a public address/))
  }

  for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1:70/', 'ftp://127.0.0.1/', 'ws://127.0.0.1/', 'javascript:1']) {
    it(`${url}: refused for its scheme`, async () => assert.match(await errorOf(url), /must begin with http: or https:/))
  }

  it('user names, and what is no URL: refused', async () => {
    assert.match(await errorOf('http://user:word@example.com/'), /must not hold a user name/)
    assert.match(await errorOf('http://good.example@127.0.0.1/'), /must not hold a user name/)
    assert.match(await errorOf('not a url'), /not a URL/)
    assert.match(await errorOf('http://'), /not a URL/)
  })

  it('a name of a closed address: refused', async () => {
    assert.match(
      await errorOf(`http://inside.test:${port()}/`, { names: () => ['127.0.0.1'] }),
      /inside\.test is 127\.0\.0\.1 is not a public|not a public/,
    )
    assert.match(await errorOf(`http://inside.test:${port()}/`, { names: () => ['fd00::1', '10.1.1.1'] }), /not a public address/)
    assert.match(await errorOf('http://nothing.test/', { names: () => [] }), /has no address/)
  })

  it('a name that changes between look-ups (DNS rebinding): the address that was checked is the one connected to', async () => {
    const from = r.hooks.length
    const names = (_: string, time: number) => (time === 1 ? ['127.0.0.2'] : ['127.0.0.1'])
    const error = await errorOf(`http://rebind.test:${port()}/`, { allow: ['127.0.0.2'], names })
    assert.match(error, /ECONNREFUSED 127\.0\.0\.2/)
    assert.equal(r.hooks.length, from)
  })

  it('a redirect into the closed network is not followed', async () => {
    r.manner = answers(302, { Location: 'http://169.254.169.254/' })
    const error = await errorOf(r.url, { allow: ['127.0.0.0/8'] })
    assert.match(error, /answered 302 \(redirects are not followed\)/)
    r.manner = answers(200)
  })

  it('what the operator allows is reached, by address and by name, with the right Host', async () => {
    assert.equal(await errorOf(r.url, { allow: ['127.0.0.0/8'] }), '')
    assert.equal(
      await errorOf(`http://hooks.test:${port()}/in`, { allow: ['127.0.0.1'], names: () => ['10.0.0.1', '127.0.0.1'] }),
      '',
    )
    assert.equal(r.hooks.at(-1)!.headers.host, `hooks.test:${port()}`)
  })
})
