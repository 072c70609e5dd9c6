/** How lines are indexed: the fields that are searched by name, everything else as it comes. */
const keyword = { type: 'keyword', ignore_above: 1024 } as const

export const templateName = (stream: string): string => `pando-${stream}`

/** For one data stream. Above the templates that a server brings for `logs-*-*`. */
export const template = (stream: string) => ({
  index_patterns: [stream],
  data_stream: {},
  priority: 500,
  _meta: { description: 'Log lines of Pando Cloud, in the form of the Elastic Common Schema' },
  template: {
    settings: { index: { mapping: { total_fields: { limit: 2000 } } } },
    mappings: {
      date_detection: false,
      numeric_detection: false,
      dynamic_templates: [{ texts: { match_mapping_type: 'string', mapping: keyword } }],
      properties: {
        '@timestamp': { type: 'date' },
        message: { type: 'text' },
        log: { properties: { level: keyword, logger: keyword } },
        service: keyword,
        error: { properties: { type: keyword, message: { type: 'text' }, stack_trace: { type: 'text', index: false } } },
      },
    },
  },
})
