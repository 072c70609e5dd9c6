/**
 * Where ours differs from the old cloud on purpose, in every webhook: `timestamp` is the arrival time, not 0; User-Agent is our own;
 * no Accept-Encoding, since answers are not read; Standard Webhooks headers are added. And, by case of test/vectors/webhook.json:
 */
export const webhookDifferences: Readonly<Record<string, { ours: string[]; why: string }>> = {
  'unknown event no 99': {
    ours: [],
    why: 'an event that neither product nor platform names tells an application nothing; the frame is in the history',
  },
}
