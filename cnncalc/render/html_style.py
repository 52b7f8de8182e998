"""The style sheet of the HTML page."""

STYLE = """
:root{--paper:#fff;--ink:#1b1f24;--faint:#5c6670;--line:#d5dae0;--box:#f5f7f9;--a:#0b6bcb;--b:#c2570c;
--right:11 107 203;--wrong:200 40 40;--note:#fff4d6;--on:#fff}
@media (prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#e4e8ec;--faint:#9aa5b1;--line:#343b43;--box:#1e2328;
--a:#5aa9ff;--b:#ffa15c;--right:60 130 220;--wrong:230 70 70;--note:#3a3113}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;margin:0 0 1rem}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
p{color:var(--faint);max-width:46rem}
.note{background:var(--note);color:var(--ink);padding:.5rem .8rem;border-radius:6px}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(12.5rem,1fr));gap:.75rem;margin:0}
.tiles div{background:var(--box);border-radius:8px;padding:.6rem .8rem}
dt{color:var(--faint);font-size:.85rem}
dd{margin:0;font-size:1.15rem;font-weight:600;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .7rem;text-align:left;border-bottom:1px solid var(--line)}
th{color:var(--faint);font-weight:600}
.n{text-align:right;white-space:nowrap}
tfoot td{font-weight:600}
.matrix td,.matrix th{text-align:center;padding:.3rem .5rem;border:1px solid var(--paper)}
.matrix td{color:var(--faint);background:var(--box)}
.matrix .right{background:rgb(var(--right)/var(--s));color:var(--on)}
.matrix .wrong{background:rgb(var(--wrong)/var(--s));color:var(--ink)}
.curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}
.curves svg{width:100%;height:auto;background:var(--box);border-radius:8px}
.curves text{fill:var(--faint);font:12px system-ui,sans-serif}
.curves .title{fill:var(--ink);font-weight:600;font-size:14px}
.curves .axis{stroke:var(--line)}
.curves .c0{stroke:var(--a);fill:var(--a)}
.curves .c1{stroke:var(--b);fill:var(--b)}
.curves polyline{fill:none!important;stroke-width:2}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:1rem}
figure{margin:0;break-inside:avoid}
figure img{width:100%;image-rendering:pixelated;border-radius:4px;background:#000}
figcaption{font-size:.85rem;color:var(--faint)}
figcaption b{color:var(--ink)}
.filters{display:flex;flex-wrap:wrap;gap:.5rem}
.filters img{width:4.5rem;image-rendering:pixelated;border-radius:3px}
pre{background:var(--box);padding:.8rem 1rem;border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{:root{--paper:#fff;--ink:#000;--faint:#444;--line:#bbb;--box:#f4f4f4;--a:#0b6bcb;--b:#c2570c;
--right:11 107 203;--wrong:200 40 40}
body{font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}section{break-inside:auto}h2{break-after:avoid}tr,svg,.tiles div{break-inside:avoid}}
"""
