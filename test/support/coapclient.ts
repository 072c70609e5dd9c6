/** Clients of libcoap, where they are installed; else their tests are skipped, or fail if PANDO_TEST_ENGINES is `required`. */
import { existsSync } from 'node:fs'
import { test } from 'node:test'

const folders = (process.env['PATH'] ?? '').split(':')
const found = (names: readonly string[]): string | undefined =>
  names.flatMap((n) => folders.map((f) => `${f}/${n}`)).find((p) => existsSync(p))

const withOne =
  (names: readonly string[]) =>
  (what: string, tests: (program: string) => void): void => {
    const program = found(names)
    if (program) return tests(program)
    const required = process.env['PANDO_TEST_ENGINES'] === 'required'
    test(what, required ? {} : { skip: `no ${names[0]}: libcoap3-bin is not installed` }, () => {
      throw new Error(`no ${names[0]}, but PANDO_TEST_ENGINES is required`)
    })
  }

/** Registers tests that need `coap-client`. */
export const withCoapClient = withOne(['coap-client-notls', 'coap-client', 'coap-client-openssl'])

/** Registers tests that need one that speaks DTLS. */
export const secureCoapClient = withOne(['coap-client-openssl', 'coap-client-gnutls'])
