/** Models to begin with, in the form of old configurations; titles and units are hints that old tools keep. */
const [FLOAT32, UINT8, UINT16, UINT32, STRING] = [2, 7, 8, 9, 12]
const title = (en: string, zh: string) => ({ title: { en, zh } })

export const examples = {
  lamp: {
    objects: [
      {
        no: 1,
        label: 'light',
        part: 1,
        status: [
          { name: 'onoff', value_type: UINT8, min: 0, max: 1, ...title('On', '开关') },
          { name: 'level', value_type: UINT16, unit: '%', min: 0, max: 100, ...title('Brightness', '亮度') },
        ],
      },
    ],
    commands: [{ no: 1, name: 'switch', part: 1, priority: 0, params: [{ name: 'onoff', value_type: UINT8, min: 0, max: 1 }] }],
    events: [{ no: 1, name: 'alarm', part: 1, priority: 9, params: [{ name: 'text', value_type: STRING }] }],
  },
  sensor: {
    objects: [
      {
        no: 1,
        label: 'climate',
        part: 1,
        status: [
          { name: 'temperature', value_type: FLOAT32, unit: '°C', decimals: 1, ...title('Temperature', '温度') },
          { name: 'humidity', value_type: FLOAT32, unit: '%', decimals: 1, ...title('Humidity', '湿度') },
          { name: 'uptime', value_type: UINT32, unit: 's', ...title('Uptime', '运行时间') },
        ],
      },
    ],
    commands: [],
    events: [],
  },
  empty: { objects: [], commands: [], events: [] },
}
