/** The languages, for what is used without a page. */
export type Lang = 'en' | 'zh'
