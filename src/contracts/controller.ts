/** The controller: the message's way up (append, consume) and down (route, deliver), and what is known of a device. */
import { contract } from './contract.ts'
import { budgetMethods } from './controller/budget.ts'
import { commandMethods } from './controller/commands.ts'
import { desiredMethods } from './controller/desired.ts'
import { diaryMethods } from './controller/diary.ts'
import { frameMethods } from './controller/frames.ts'
import { historyMethods } from './controller/history.ts'
import { quarantineMethods } from './controller/quarantine.ts'
import { ruleMethods } from './controller/rules.ts'
import { tailMethods } from './controller/tail.ts'
import { upMethods } from './controller/up.ts'
import { valueMethods } from './controller/values.ts'
import { freezeMethods } from './frozen.ts'

export { DiskBudget } from './controller/budget.ts'
export { Command, CommandKind, CommandLife, CommandState, commandStates } from './controller/commands.ts'
export { Desired } from './controller/desired.ts'
export { Condition, DiaryEntry, MOST_CONDITIONS } from './controller/diary.ts'
export { FrameRecord, FrameRecordKind } from './controller/frames.ts'
export { Gap, HistoryItem, HistoryKind, historyKinds, Series, SeriesFn, seriesFns } from './controller/history.ts'
export { Quarantined } from './controller/quarantine.ts'
export { DryRun, DryRunItem, RuleAction, RuleCheck, RuleDefinition, RuleProblem, RuleTrigger } from './controller/rules.ts'
export { TailItem, TailKind, tailKinds } from './controller/tail.ts'
export { LAST_OLD_STREAM } from './controller/up.ts'

export const controller = contract('controller', {
  ...upMethods,
  ...valueMethods,
  ...commandMethods,
  ...desiredMethods,
  ...quarantineMethods,
  ...frameMethods,
  ...diaryMethods,
  ...ruleMethods,
  ...historyMethods,
  ...tailMethods,
  ...freezeMethods,
  ...budgetMethods,
})
