/** `pando` with these words, in the test's process. */
import { PassThrough, Readable } from 'node:stream'
import { run } from '#cli/run.ts'

export async function pando(args: readonly string[], env: Record<string, string | undefined>) {
  const [out, err] = [new PassThrough(), new PassThrough()]
  const texts = { out: '', err: '' }
  out.on('data', (c: Buffer) => (texts.out += c))
  err.on('data', (c: Buffer) => (texts.err += c))
  const code = await run(args, { env, input: Readable.from([]), out, err, exit() {} })
  await new Promise((done) => setImmediate(done))
  return { code, ...texts }
}
