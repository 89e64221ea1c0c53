// How the search of the site orders what it finds. A heading that holds the whole query beats a page that holds its
// words somewhere; the pages for those who work on the library, and its history, come last.
const LAST = ["changelog", "explanation/decisions", "contribute/extend", "contribute/release"];
const HEADING = 3;
var Scorer = {
  score: ([docname, title, anchor, descr, score, filename, kind]) =>
    (LAST.includes(docname) ? score / 100 : score) *
    (kind === "title" ? HEADING : 1),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
