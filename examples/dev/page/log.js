// The tail of a log. It follows the end until the user scrolls up or selects
// text; lines that are there stay the same elements, so a selection survives.
import { parse, severity } from './line.js';

const most = 5000; // lines that a log which is not followed may grow to

export class Log {
  constructor(element, endButton, unfoldButton) {
    this.element = element;
    this.endButton = endButton;
    this.texts = []; // of the lines in element
    this.following = true;
    this.shape = ''; // of the element and what is in it, when it was scrolled last
    element.addEventListener('scroll', () => this.scrolled());
    element.addEventListener('toggle', () => this.setFollowing(this.atEnd()), true); // of a line
    new ResizeObserver(() => { if (this.following) this.toEnd(); }).observe(element);
    endButton.addEventListener('click', () => {
      this.toEnd();
      element.focus();
    });
    unfoldButton.addEventListener('click', () => {
      this.unfolded = !this.unfolded;
      unfoldButton.setAttribute('aria-pressed', String(this.unfolded));
      for (const details of element.querySelectorAll('details')) details.open = this.unfolded;
      if (this.following) this.toEnd();
    });
  }

  // draw is given the log's tail as it is now.
  draw(tail) {
    const fresh = tail.slice(overlap(this.texts, tail));
    for (const text of fresh) this.element.append(this.line(text));
    this.texts.push(...fresh);
    const pinned = !this.following || this.selected();
    const excess = this.texts.length - (pinned ? most : tail.length);
    for (let i = 0; i < excess; i++) this.element.firstElementChild.remove();
    if (excess > 0) this.texts.splice(0, excess);
    if (pinned) this.shape = this.shapeNow(); // with the new lines, which the user did not ask to see
    else if (fresh.length) this.toEnd();
  }

  // line is a line as "HH:MM:SS level message", with what else it says folded; or as
  // it is, if it does not say so.
  line(text) {
    const line = document.createElement('div');
    const said = parse(text);
    if (!said) {
      appendStyled(line, text || '\n'); // an empty line is a line high
      return line;
    }
    line.dataset.level = severity(said.level);
    let place = line;
    if (said.rest) {
      const details = document.createElement('details');
      details.open = Boolean(this.unfolded);
      place = document.createElement('summary');
      place.tabIndex = -1; // 200 stops of the tab key in each log: the button unfolds them all
      const rest = document.createElement('p');
      appendStyled(rest, said.rest);
      details.append(place, rest);
      line.append(details);
    }
    appendStyled(place, [said.time, said.level, said.message].filter(Boolean).join(' '));
    return line;
  }

  atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight > scrollHeight - 8;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.shape = this.shapeNow();
  }

  // scrolled tells the user's scrolling from what the browser does when the log, or
  // what is in it, gets another size, as when another card comes beside it.
  scrolled() {
    if (this.following && this.shape !== this.shapeNow()) return this.toEnd();
    this.setFollowing(this.atEnd());
  }

  shapeNow() {
    const { clientWidth, clientHeight, scrollHeight } = this.element;
    return `${clientWidth} ${clientHeight} ${scrollHeight}`;
  }

  selected() {
    const selection = getSelection();
    return !selection.isCollapsed && selection.containsNode(this.element, true);
  }

  setFollowing(following) {
    this.following = following;
    this.endButton.hidden = following;
    this.shape = this.shapeNow();
  }
}

// overlap is how many lines at the start of tail are the last ones of old.
function overlap(old, tail) {
  for (let n = Math.min(old.length, tail.length); n > 0; n--) {
    let i = 0;
    while (i < n && old[old.length - n + i] === tail[i]) i++;
    if (i === n) return n;
  }
  return 0;
}

// ECMA-48: colours and weights (SGR) in the first group; other control sequences,
// strings such as window titles and links, and control characters but for tabs
// and line ends are dropped.
const escapes = /\x1b\[([\d;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

// appendStyled puts text with a terminal's escape sequences into element.
export function appendStyled(element, text) {
  let style = {}, last = 0;
  const put = (part) => {
    if (!part) return;
    const names = Object.values(style).filter(Boolean).join(' ');
    const node = names ? document.createElement('span') : document.createTextNode(part);
    if (names) {
      node.className = names;
      node.textContent = part;
    }
    element.append(node);
  };
  for (const match of text.matchAll(escapes)) {
    put(text.slice(last, match.index));
    last = match.index + match[0].length;
    if (match[1] !== undefined) style = restyle(style, match[1].split(/[;:]/).map(Number));
  }
  put(text.slice(last));
}

// restyle applies the parameters of one SGR sequence. Of the 256 colours the first
// 16 are shown; the others and backgrounds are not, to stay readable on light and
// dark.
function restyle(style, codes) {
  const next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) next.weight = next.colour = '';
    else if (code === 1) next.weight = 'bold';
    else if (code === 2) next.weight = 'dim';
    else if (code === 22) next.weight = '';
    else if (code >= 30 && code <= 37) next.colour = `ansi-${code - 30}`;
    else if (code >= 90 && code <= 97) next.colour = `ansi-${code - 90}`;
    else if (code === 39) next.colour = '';
    else if (code === 38 || code === 48) {
      const indexed = codes[i + 1] === 5;
      if (code === 38) next.colour = indexed && codes[i + 2] < 16 ? `ansi-${codes[i + 2] % 8}` : '';
      i += indexed ? 2 : 4;
    }
  }
  return next;
}
