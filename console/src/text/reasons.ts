import { type ProtocolCode, protocolErrors } from '#protocol/errors.ts'
import type { Lang } from '../lib/langs.ts'

/** Why a frame, or what was to become one, could not be read, or not whole. */
const zh: Record<ProtocolCode, string> = {
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
  codec_refused: '产品的编解码器无法表达',
  frame_too_long: '一帧放不下这么多数值',
  value_not_integer: '需要整数',
  value_out_of_range: '超出该类型的范围',
  value_type_unknown: '数值类型未知',
  wrong_format: '格式不对',
  status_empty: '没有给出状态',
  command_not_one: '每次只能发送一个命令',
  model_wrong_format: '产品配置有误',
  json_wrong_format: 'JSON 有误',
  json_too_deep: 'JSON 嵌套过深',
  key_wrong_format: '密钥格式不对',
  aes_key_wrong_length: 'AES 密钥须为 16、24 或 32 字节',
  identifier_wrong_format: '设备标识格式不对',
  client_id_wrong_format: '客户端编号格式不对',
  domain_wrong_format: '应用的范围格式不对',
}
const en: Record<string, string> = {
  ...protocolErrors,
  // texts of old applications, which these keep
  value_type_unknown: 'a value of an unknown type',
  wrong_count: 'another number of values than the model has',
  object_unknown: 'an object that is not in the model',
  command_unknown: 'a command or event that is not in the model',
}

const of: Record<Lang, Record<string, string>> = { en, zh }

export const reasonText = (lang: Lang, code: string): string => of[lang][code] ?? code
