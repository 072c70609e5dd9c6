import { protocolErrors } from '#protocol/errors.ts'
import type { Lang } from '../lib/langs.ts'

/** Why a frame could not be read, or not whole. */
const zh: Record<string, string> = {
  frame_truncated: '帧比帧头还短',
  property_truncated: '帧在属性头部中断',
  tlv_missing: '数值少于帧中声明的个数',
  tlv_truncated: '帧在数值中间中断',
  tlv_unknown_type: '数值类型未知',
  frame_trailing_bytes: '最后一个数值之后还有字节',
  frame_kind_unknown: '帧类型未知',
  value_wrong_type: '数值类型不符',
  wrong_count: '数值个数不符',
  object_unknown: '模型中没有该对象',
  command_unknown: '模型中没有该命令或事件',
  codec_unknown: '产品的编解码器未加载',
  codec_failed: '产品的编解码器无法解读',
}
const en: Record<string, string> = {
  ...protocolErrors,
  // texts of old applications, which these keep
  wrong_count: 'another number of values than the model has',
  object_unknown: 'an object that is not in the model',
  command_unknown: 'a command or event that is not in the model',
}

export const reasonText = (lang: Lang, code: string): string => (lang === 'zh' ? zh : en)[code] ?? code
