/** A plugin with a codec: products whose configuration says `"codec": "senml"` speak SenML in JSON. */
import { commandOf, definePlugin, eventOf, objectOf } from 'pando'
import { packOf, recordsOf } from './senml.js'

/** @typedef {import('./senml.js').Reading} Reading */

/**
 * Readings by their place: `<label>/<name of the value>`, or `<label>` alone where there is one value or none. What stands before (the name
 * of the device) is not looked at.
 * @param {readonly Reading[]} readings
 * @param {readonly { name: string }[]} params
 * @param {string} label
 */
function valuesOf(readings, params, label) {
  return params.map(({ name }) => {
    const found = readings.findLast((r) => r.value === name || (params.length === 1 && r.value === undefined))
    if (found === undefined) throw new Error(`${label} comes without ${name}`)
    return found.v
  })
}

/**
 * @param {Reading[]} readings
 * @returns {Map<string, Reading[]>}
 */
const byLabel = (readings) => Map.groupBy(readings, (r) => r.label)

/** @type {import('pando').Codec} */
export const senml = {
  decode(frame, model, kind) {
    const { timestamp, readings } = recordsOf(
      frame,
      (label) => (kind === 'status' ? objectOf(model, label) : eventOf(model, label)) !== undefined,
    )
    const groups = [...byLabel(readings)]
    if (kind === 'status') {
      const status = Object.fromEntries(
        groups.map(([label, rs]) => [label, valuesOf(rs, objectOf(model, label)?.status ?? [], label)]),
      )
      return { timestamp, status }
    }
    const [first, ...more] = groups
    if (first === undefined || more.length > 0) throw new Error('an event is one event')
    const [name, rs] = first
    return { timestamp, event: { name, values: valuesOf(rs, eventOf(model, name)?.params ?? [], name) } }
  },

  encode(command, model) {
    if (command.kind === 'command') {
      return packOf(command.timestamp, [
        { label: command.name, params: commandOf(model, command.name)?.params ?? [], values: command.values },
      ])
    }
    return packOf(
      command.timestamp,
      command.objects.map(({ label, values }) => ({ label, params: objectOf(model, label)?.status ?? [], values })),
    )
  },
}

export default definePlugin({
  name: 'senml',
  api: '^1',
  setup(pando) {
    pando.codec('senml', senml)
  },
})
