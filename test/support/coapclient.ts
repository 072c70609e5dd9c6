/** `coap-client` of libcoap, where it is installed; else its tests are skipped, or fail if PANDO_TEST_ENGINES is `required`. */
import { existsSync } from 'node:fs'
import { test } from 'node:test'

const names = ['coap-client-notls', 'coap-client', 'coap-client-openssl', 'coap-client-gnutls']
const folders = (process.env['PATH'] ?? '').split(':')

export const coapClient: string | undefined = names.flatMap((n) => folders.map((f) => `${f}/${n}`)).find((p) => existsSync(p))

/** Registers tests that need it. */
export function withCoapClient(what: string, tests: (program: string) => void): void {
  if (coapClient) return tests(coapClient)
  const required = process.env['PANDO_TEST_ENGINES'] === 'required'
  test(what, required ? {} : { skip: 'no coap-client: libcoap3-bin is not installed' }, () => {
    throw new Error('no coap-client, but PANDO_TEST_ENGINES is required')
  })
}
