// The page: reads the question out of the address or the form, and shows what the check found.

import { grouped, typedCode, utf8 } from './bytes.js';
import { checkEntry, checkReceipt, parseQuestion } from './check.js';
import { facts } from './facts.js';
import { encodeReceipt } from './receipt.js';
import { readFromSite, readerOfFolder, sortFiles } from './sources.js';
import { say } from './texts.js';

const MARKS = { start: '?', wait: '…', good: '✓', open: '!', bad: '✗', unread: '–' };
const ONE = (id) => document.getElementById(id);
const ON_DISK = location.protocol === 'file:';

const page = { language: 'zh', read: ON_DISK ? null : readFromSite, asked: null, found: null, run: 0 };

function t(key, values) {
  return say(page.language, key, values);
}

async function start() {
  const asked = parseQuestion(addressed());
  ONE('number').value = asked && asked.index !== null ? `${asked.year}/${asked.index}` : '';
  ONE('code').value = asked?.keyCode ? grouped(asked.keyCode) : '';
  await ask(asked);
}

// What follows the # of the address; some programs write / as %2F there.
function addressed() {
  try {
    return decodeURIComponent(location.hash);
  } catch {
    return location.hash;
  }
}

async function ask(asked) {
  page.asked = asked;
  page.found = null;
  if (asked === null) return show({ verdict: 'unread', code: 'bad-number', values: {}, steps: [] });
  if (asked.index === null || page.read === null) return show(null);
  return work(() => checkEntry(asked, page.read));
}

// Run a check; only the newest one may show what it found.
async function work(check) {
  const run = (page.run += 1);
  shown('wait');
  const found = await check();
  if (run === page.run) show(found);
}

function typed() {
  const asked = parseQuestion(ONE('number').value);
  const keyCode = ONE('code').value.trim() === '' ? '' : typedCode(ONE('code').value);
  if (asked === null || keyCode === null) return null;
  const sameEntry = page.asked && asked.year === page.asked.year && asked.index === page.asked.index;
  const entryCode = asked.entryCode || (sameEntry ? page.asked.entryCode : '');
  return { ...asked, keyCode: keyCode || asked.keyCode, entryCode };
}

async function takeFiles(files) {
  const given = await sortFiles(files);
  const key = ONE('key').value.trim();
  const keyCode = typedCode(ONE('code').value) ?? '';
  if (key) given.vkey = utf8(key);
  page.asked = { year: '', index: null, keyCode, entryCode: '' };
  await work(() => checkReceipt(page.asked, given));
}

function show(found) {
  page.found = found;
  shown(found ? found.verdict : page.read === null ? 'start-file' : 'start');
}

function shown(state) {
  const { found } = page;
  document.documentElement.lang = page.language === 'zh' ? 'zh-CN' : 'en';
  document.title = t('title');
  for (const one of document.querySelectorAll('[data-t]')) one.textContent = t(one.dataset.t);
  const verdict = ONE('verdict');
  verdict.className = state === 'start-file' ? 'start' : state;
  ONE('mark').textContent = MARKS[verdict.className];
  ONE('headline').textContent = t(`${state}.title`);
  ONE('sentence').textContent = sentence(state, found);
  const ended = state !== 'wait' && found !== null;
  showFacts(ended && found.entry ? found : null);
  showKey(ended && found.verdict === 'good' ? found : null);
  showSteps(ended && found.head ? found : null);
  const tell = ended && (state === 'bad' || state === 'unread') ? t(`tell.${state}`) : '';
  ONE('tell').hidden = tell === '';
  ONE('tell-text').textContent = tell;
  ONE('save-part').hidden = !(ended && found.receipt && found.verdict !== 'open');
  document.body.className = state;
  ONE('asking').open = !ended || found.verdict !== 'good';
  ONE('filing').open = state === 'start-file';
}

function sentence(state, found) {
  if (state === 'bad') return t(`code.${found.code}`, found.values);
  if (state === 'unread') return `${t(`code.${found.code}`, found.values)} ${t('unread.text')}`;
  return t(`${state}.text`);
}

function showFacts(found) {
  ONE('facts').hidden = found === null;
  if (found === null) return;
  const rows = facts(page.language, found.entry, `${found.year} / ${found.receipt.index}`);
  ONE('rows').replaceChildren(...rows.flatMap(([label, words]) => [node('dt', t(label)), node('dd', words)]));
}

function showKey(found) {
  ONE('keys').hidden = found === null;
  if (found === null) return;
  ONE('key-code').textContent = grouped(found.keyCode);
  ONE('site').hidden = ON_DISK;
  ONE('site').textContent = t('key.site', { site: location.host + location.pathname });
}

function showSteps(found) {
  ONE('steps').hidden = found === null;
  if (found === null) return;
  const values = { size: `${found.head.size}`, index: `${found.receipt?.index}` };
  const rows = found.steps.map((step) => ['✓', t(`step.${step}`, values)]);
  if (found.verdict === 'bad') rows.push(['✗', t('step.failed', { why: t(`code.${found.code}`, found.values) })]);
  if (found.head.others > 0) rows.push(['–', t('step.others', { n: found.head.others })]);
  ONE('step-list').replaceChildren(...rows.map(([mark, words]) => node('li', `${mark} ${words}`)));
  ONE('log-name').textContent = found.key.name;
}

function node(name, words) {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}

// One file with everything but the key, which must come from somewhere else.
function save() {
  const { receipt, year } = page.found;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([encodeReceipt(receipt)], { type: 'application/octet-stream' }));
  link.download = `${year}-${receipt.index}.tlog-proof`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function chosen(event) {
  const files = [...event.target.files];
  event.target.value = ''; // the same files can be chosen again
  return files;
}

ONE('language').addEventListener('click', () => {
  page.language = page.language === 'zh' ? 'en' : 'zh';
  shown(ONE('verdict').className === 'wait' ? 'wait' : page.found ? page.found.verdict : page.read ? 'start' : 'start-file');
});
ONE('form').addEventListener('submit', (event) => {
  event.preventDefault();
  ask(typed());
});
ONE('folder').addEventListener('change', (event) => {
  page.read = readerOfFolder(chosen(event));
  ask(typed());
});
ONE('files').addEventListener('change', (event) => takeFiles(chosen(event)));
ONE('save').addEventListener('click', save);
window.addEventListener('hashchange', start);
start();
