/** Code made of a product's model: types for applications, and what firmware writes. */
import { FRAME_HEADER } from '#protocol/frames.ts'
import type { Model, ModelCall, ModelObject, ModelParam } from '#protocol/model.ts'
import { tlvType } from '#protocol/tlv.ts'

export const codeLanguages = ['typescript', 'c'] as const
export type CodeLanguage = (typeof codeLanguages)[number]

export interface CodeFacts {
  product: string
  version: number
  model: Model
}

export const modelCode = (language: CodeLanguage, f: CodeFacts): string => makers[language](f)

const makers: Record<CodeLanguage, (f: CodeFacts) => string> = { typescript, c: header }

/** For a comment: nothing in a name ends it. */
const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]|\*\/|\\/g, ' ')
const typeName = ({ valueType }: ModelParam): string => tlvType(valueType)?.name ?? ''
const known = (list: readonly ModelParam[]): boolean => list.every((p) => typeName(p) !== '')

/** An identifier of both languages, another for each place. */
function identifiers(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name, i) => {
    const word = `${name.replaceAll(/\W/g, '_')}`
    const free = word !== '' && !/^\d/.test(word) && !taken.has(word.toLowerCase()) ? word : `${word}_${i + 1}`
    const found = /^[A-Za-z]/.test(free) ? free : `v${free}`
    taken.add(found.toLowerCase())
    return found
  })
}

// ── TypeScript ──

function typescript({ product, version, model }: CodeFacts): string {
  const calls = (of: readonly ModelCall[]) => of.map(({ name, params }) => member(name, params)).join('')
  return `/**
 * ${plain(product)}, model version ${version}: values as applications send and receive them. 64-bit integers have all their digits in JSON,
 * which \`JSON.parse\` rounds beyond 2^53; octets are base64.
 */
export interface Status {
${model.objects.map(({ label, status }) => member(label, status)).join('')}}

export interface Commands {
${calls(own(model.commands))}}

export interface Events {
${calls(own(model.events))}}
`
}

/** Without the platform's own. */
const own = (calls: readonly ModelCall[]): ModelCall[] => calls.filter((c) => c.no < 0xff00)

function member(name: string, params: readonly ModelParam[]): string {
  const names = identifiers(params.map((p) => p.name))
  const values = params.map((p, i) => `${names[i]}: ${scriptType(typeName(p))}`)
  return `  ${JSON.stringify(name)}: [${values.join(', ')}]\n`
}

const scriptType = (name: string): string =>
  name === 'bool' ? 'boolean' : name === 'string' || name === 'bytes' ? 'string' : name === '' ? 'unknown' : 'number'

// ── C ──

const cTypes: Record<string, string> = {
  float64: 'double',
  float32: 'float',
  bool: 'int',
  ...Object.fromEntries(['8', '16', '32', '64'].flatMap((n) => ['int', 'uint'].map((k) => [`${k}${n}`, `${k}${n}_t`]))),
}

function header({ product, version, model }: CodeFacts): string {
  const objects = model.objects.filter((o) => known(o.status))
  const names = identifiers(objects.map((o) => o.label))
  const numbers = (kind: string, calls: readonly ModelCall[]) => {
    const ids = identifiers(calls.map((c) => c.name))
    return calls.map((c, i) => `#define PANDO_${kind}_${ids[i]!.toUpperCase()} ${c.no}\n`).join('')
  }
  return `/* ${plain(product)}, model version ${version}. Frames of status: pando_status(), then an object after the other. C99, no allocation. */
#ifndef PANDO_MODEL_H
#define PANDO_MODEL_H
#include <stdint.h>
#include <string.h>

${numbers('COMMAND', own(model.commands))}${numbers('EVENT', own(model.events))}
static inline unsigned char *pando_integer(unsigned char *b, uint64_t v, int octets) {
  for (int i = octets - 1; i >= 0; i--, v >>= 8) b[i] = (unsigned char)v;
  return b + octets;
}
static inline unsigned char *pando_octets(unsigned char *b, const void *from, uint16_t n) {
  b = pando_integer(b, n, 2);
  memcpy(b, from, n);
  return b + n;
}
/* The head of a frame: ${FRAME_HEADER} octets. ms: since 1970, 0 without a clock. */
static inline unsigned char *pando_status(unsigned char *b, uint64_t ms) {
  memset(b, 0, ${FRAME_HEADER});
  pando_integer(b + 1, ms, 8);
  return b + ${FRAME_HEADER};
}
${objects.map((o, i) => writer(o, names[i]!)).join('')}
#endif
`
}

function writer({ no, label, part, status }: ModelObject, name: string): string {
  const ids = identifiers(status.map((p) => p.name))
  const given = status.map((p, i) => {
    const type = typeName(p)
    return type === 'string' || type === 'bytes'
      ? `const void *${ids[i]}_at, uint16_t ${ids[i]}_n`
      : `${cTypes[type]} ${ids[i]}_v`
  })
  const lines = status.map((p, i) => `  ${put(typeName(p), p.valueType, ids[i]!)}\n`).join('')
  return `
/* ${plain(label)}: writes at b and returns the end. */
static inline unsigned char *pando_put_${name}(${['unsigned char *b', ...given].join(', ')}) {
  b = pando_integer(b, ${part}, 2);
  b = pando_integer(b, ${no}, 2);
  b = pando_integer(b, ${status.length}, 2);
${lines}  return b;
}
`
}

function put(type: string, number: number, id: string): string {
  const head = `b = pando_integer(b, ${number}, 2);`
  if (type === 'string' || type === 'bytes') return `${head} b = pando_octets(b, ${id}_at, ${id}_n);`
  if (type === 'bool') return `${head} b = pando_integer(b, ${id}_v != 0, 1);`
  const octets = tlvType(number)!.size
  if (!type.startsWith('float')) return `${head} b = pando_integer(b, (uint64_t)${id}_v, ${octets});`
  return `${head} { uint${octets * 8}_t bits; memcpy(&bits, &${id}_v, ${octets}); b = pando_integer(b, bits, ${octets}); }`
}
