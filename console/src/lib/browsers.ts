/** What a browser calls itself, in words: `Chrome, Windows`. What is none of them stays what it is. */
const browsers = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\/|Chromium\//, 'Chrome'],
  [/Safari\//, 'Safari'],
] as const
const systems = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
] as const

export function browserOf(agent: string): string {
  const of = (names: typeof browsers | typeof systems) => names.find(([sign]) => sign.test(agent))?.[1]
  const browser = of(browsers)
  return browser ? [browser, of(systems)].filter(Boolean).join(', ') : agent
}
