/** Clients of libcoap, where they are installed. */
import { test } from 'node:test'
import { isThere, programsRequired } from './programs.ts'

const withOne =
  (names: readonly string[]) =>
  (what: string, tests: (program: string) => void): void => {
    const program = names.find(isThere)
    if (program !== undefined) return tests(program)
    test(what, programsRequired ? {} : { skip: `no ${names[0]}: libcoap3-bin is not installed` }, () => {
      throw new Error(`no ${names[0]}, but PANDO_TEST_PROGRAMS is required`)
    })
  }

/** Registers tests that need `coap-client`. */
export const withCoapClient = withOne(['coap-client-notls', 'coap-client', 'coap-client-openssl'])

/** Registers tests that need one that speaks DTLS. */
export const secureCoapClient = withOne(['coap-client-openssl', 'coap-client-gnutls'])
