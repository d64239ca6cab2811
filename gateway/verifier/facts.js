// What an entry says, as rows that people read; only what stands in its public fields.

import { count, text } from './entry.js';
import { has, say } from './texts.js';

const CHINA_MS = 8 * 60 * 60 * 1000;
const LATEST_MS = 8640000000000000 - CHINA_MS; // of a Date

// Return [key of the label, words] pairs of an entry.
export function facts(language, entry, number) {
  const { fields } = entry;
  const seal = text(fields, 'seal');
  const machine = entry.party === 'device' ? entry.author : text(fields, 'machine');
  return [
    ['fact.what', what(language, entry)],
    ['fact.seal', seal && (has(`seal.${seal}`) ? say(language, `seal.${seal}`) : seal)],
    ['fact.times', times(language, entry)],
    ['fact.when', when(language, entry.atMs)],
    ['fact.matter', text(fields, 'matter')],
    ['fact.machine', machine],
    ['fact.office', entry.party === 'gateway' ? entry.author : null],
    ['fact.number', number],
  ].filter(([, words]) => words);
}

function what(language, { kind, fields }) {
  const key = kind === 'approval' ? `kind.approval.${text(fields, 'decision')}` : `kind.${kind}`;
  return has(key) ? say(language, key) : say(language, 'kind.other', { kind });
}

function times(language, { kind, fields }) {
  const n = (name) => count(fields, name);
  const seam = Array.isArray(fields.flags) && fields.flags.includes('seam') ? '-seam' : '';
  const rows = {
    use: [`times.of${seam}`, { n: n('n'), of: n('of') }],
    intent: [`times.of${seam}`, { n: n('n'), of: n('of') }],
    void: ['times.none', {}],
    permit: ['times.permit', { n: n('impressions') }],
    request: n('seams') ? ['times.copies-seams', { n: n('copies'), seams: n('seams') }] : ['times.copies', { n: n('copies') }],
    count: ['times.counted', { n: n('impressions') }],
    'hold-release': ['times.counted', { n: n('impressions') }],
    incident: ['times.between', { least: n('impressions_min'), most: n('impressions_max') }],
  };
  const row = Object.prototype.hasOwnProperty.call(rows, kind) ? rows[kind] : null;
  return row && !Object.values(row[1]).includes(null) ? say(language, ...row) : null;
}

// China's time to the minute, whatever the reader's clock is set to.
function when(language, atMs) {
  if (atMs > LATEST_MS) return null;
  const [day, clock] = new Date(atMs + CHINA_MS).toISOString().split('T');
  const [year, month, date] = day.split('-').map(Number);
  const shown = language === 'zh' ? `${year}年${month}月${date}日` : day;
  return `${shown} ${clock.slice(0, 5)}`;
}
