/** CONSOLE-7 The twelve flows on a phone, in Chinese. */
import { flows } from './flows.ts'

flows({ lang: 'zh', size: 'phone', by: 'pointer' })
