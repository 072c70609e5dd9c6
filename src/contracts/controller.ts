/** The controller: the message's way up (append, consume) and down (route, deliver), and what is known of a device. */
import { contract } from './contract.ts'
import { commandMethods } from './controller/commands.ts'
import { diaryMethods } from './controller/diary.ts'
import { upMethods } from './controller/up.ts'
import { valueMethods } from './controller/values.ts'

export { CommandState } from './controller/commands.ts'
export { DiaryEntry } from './controller/diary.ts'

export const controller = contract('controller', {
  ...upMethods,
  ...valueMethods,
  ...commandMethods,
  ...diaryMethods,
})
