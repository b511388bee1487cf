# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's style sheet and its one small script; both stand in the page and are named there by their hashes."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--done:#1a7f37;
--failed:#cf222e;--unknown:#9a6700;--refused:#6639ba;--incomplete:#59636e;--not_started:#59636e;--running:#0969da;
--lock:#8c959f}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9da7b1;--line:#30363d;--card:#161b22;
--done:#3fb950;--failed:#f85149;--unknown:#d29922;--refused:#a371f7;--incomplete:#9da7b1;--not_started:#9da7b1;
--running:#58a6ff;--lock:#6e7681}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem 1.25rem 4rem;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
h1{font-size:1.7rem;line-height:1.25;margin:.6rem 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
h3{font-size:1rem;margin:1.3rem 0 .4rem}
.lead{font-size:1.1rem;margin:.2rem 0 1rem}
.soft{color:var(--soft)}
.live{color:var(--soft);margin:.2rem 0}.live.old{color:var(--failed);font-weight:600}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;margin:.4rem 0;
white-space:pre-wrap;overflow-wrap:anywhere}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}
.done{--c:var(--done)}.failed{--c:var(--failed)}.unknown,.unproven{--c:var(--unknown)}.refused{--c:var(--refused)}
.incomplete{--c:var(--incomplete)}.not_started{--c:var(--not_started)}.running,.sent{--c:var(--running)}
.badge{display:inline-block;color:var(--c);border:1px solid var(--c);border-radius:1rem;padding:0 .6rem;
font-size:.85rem;font-weight:600;white-space:nowrap}
.tiles{display:flex;flex-wrap:wrap;gap:.5rem;margin:.8rem 0;padding:0;list-style:none}
.tile{border:1px solid var(--line);border-left:5px solid var(--c);border-radius:6px;padding:.3rem .8rem;
min-width:6.5rem;background:var(--card)}
.tile b{display:block;font-size:1.5rem;line-height:1.2;color:var(--c)}
.card{border:1px solid var(--line);border-left:5px solid var(--c);border-radius:6px;padding:.5rem .9rem;margin:.6rem 0}
.command{position:relative}.command pre{padding-right:5rem}
.copy{position:absolute;top:.4rem;right:.4rem;font:inherit;font-size:.85rem;color:inherit;background:var(--bg);
border:1px solid var(--line);border-radius:6px;padding:.2rem .6rem;cursor:pointer;min-height:2rem}
.lanes.over{grid-template-columns:10rem 1fr 6.5rem}.over small{display:block;color:var(--soft)}
.over small span{color:var(--c);margin-right:.4rem;font-weight:600}.m{fill:var(--c)}
.card p{margin:.2rem 0;overflow-wrap:anywhere}
.bar{display:flex;flex-wrap:wrap;gap:.5rem .8rem;align-items:center;position:sticky;top:0;background:var(--bg);
padding:.5rem 0;z-index:1;border-bottom:1px solid var(--line)}
.bar[hidden]{display:none}
.bar input[type=search]{flex:1 1 12rem;min-width:8rem}
.bar input[type=search],.bar select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:6px;padding:.25rem .5rem}
.bar label.chip{border:1px solid var(--c);color:var(--c);border-radius:1rem;padding:0 .6rem;cursor:pointer;
white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:.5rem 0;font-size:.85rem;color:var(--soft)}
.legend svg{width:26px;height:14px;vertical-align:-2px;margin-right:.3rem}
details.d{border-bottom:1px solid var(--line)}
details.d>summary{display:grid;grid-template-columns:minmax(9rem,14rem) 7.5rem minmax(6rem,1fr) 5.5rem;gap:.1rem .8rem;
align-items:center;padding:.3rem .2rem;cursor:pointer;list-style:none}
details.d>summary::-webkit-details-marker{display:none}
details.d>summary:hover{background:var(--card)}
:focus-visible{outline:2px solid var(--running);outline-offset:1px}
.n{font-weight:600;overflow-wrap:anywhere}
.n small{display:block;font-weight:400;color:var(--soft)}
.t{text-align:right;color:var(--soft);font-variant-numeric:tabular-nums}
.w{grid-column:1/-1;color:var(--c);overflow-wrap:anywhere;font-size:.92rem}
details.d>div{padding:.2rem .2rem 1rem}
svg{display:block;overflow:visible}
svg.s{width:100%;height:18px}
.lanes{display:grid;grid-template-columns:6.5rem 1fr 6.5rem;gap:.15rem .8rem;align-items:center;margin:.3rem 0 .8rem;
padding-right:.2rem}
.lanes svg{width:100%;height:18px;background:linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem;grid-column:2}
.k{fill:var(--lock)}.k.open{fill:url(#open)}.b{fill:var(--c)}.wait{fill:var(--c);fill-opacity:.3}
.failed-ink{fill:var(--failed)}.unknown-ink{fill:var(--unknown)}
.b.failed{fill:url(#failed);stroke:var(--failed)}.b.unknown{fill:url(#unknown);stroke:var(--unknown)}
text{font:700 13px system-ui,"DejaVu Sans",sans-serif;text-anchor:middle;fill:var(--c,var(--fg))}
svg text{paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-top:1px solid var(--line)}
th{color:var(--soft);font-weight:500;border-top:0}
td.mono{white-space:nowrap}
td{overflow-wrap:anywhere}
td .sign{color:var(--c);font-weight:700;display:inline-block;width:1.2em}
.hide{display:none}
@media (max-width:44rem){body{padding:.6rem .8rem 3rem}
details.d>summary{grid-template-columns:1fr auto}
.stripe{grid-column:1/-1;grid-row:3}summary .t{grid-column:2;grid-row:2}
.lanes{grid-template-columns:4.5rem 1fr 4.5rem;font-size:.88rem}
.bar{position:static}.lanes.over{grid-template-columns:6rem 1fr 4rem}
dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:.3rem}
table,tbody,tr,td{display:block}thead{display:none}td{border:0;padding:0}
tr{border-top:1px solid var(--line);padding:.3rem 0}}
@page{margin:14mm 12mm 16mm;@bottom-right{content:"Page " counter(page) " of " counter(pages);font-size:9px}}
@media print{:root{color-scheme:light}body{max-width:none;font-size:11px;padding:0}
.bar,.copy{display:none!important}h2,h3,summary{break-after:avoid}
details.d,.card,tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""

SCRIPT = """
(function(){
"use strict";
document.querySelectorAll("button.copy").forEach(function(button){
  button.hidden=false;
  button.addEventListener("click",function(){
    var code=button.parentNode.querySelector("code"),range=document.createRange();
    function done(){button.textContent="Copied";setTimeout(function(){button.textContent="Copy";},2000);}
    function select(){
      range.selectNodeContents(code);
      var selection=window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      if(document.execCommand("copy")){done();}
    }
    if(navigator.clipboard&&window.isSecureContext){
      navigator.clipboard.writeText(code.textContent).then(done,select);
    }else{select();}
  });
});
var bar=document.getElementById("filters"),list=document.getElementById("devices");
if(!bar||!list){return;}
var devices=Array.prototype.slice.call(list.querySelectorAll("details.d"));
var words={};
devices.forEach(function(d){d.find=d.querySelector("summary").textContent.toLowerCase();});
bar.querySelectorAll("input[type=checkbox]").forEach(function(c){words[c.value]=c.dataset.word;});
var text=bar.querySelector("input[type=search]"),group=bar.querySelector("select");
var count=document.getElementById("count");
function regroup(){
  var made=new Map(),key=group.value;
  devices.forEach(function(d){
    var name=d.dataset[key]||"";
    if(!made.has(name)){made.set(name,[]);}
    made.get(name).push(d);
  });
  list.textContent="";
  made.forEach(function(members,name){
    var section=document.createElement("section"),head=document.createElement("h3");
    section.dataset.title=key==="outcome"?words[name]:name||"not known";
    section.appendChild(head);
    members.forEach(function(d){section.appendChild(d);});
    list.appendChild(section);
  });
  filter();
}
function filter(){
  var wanted=text.value.trim().toLowerCase(),outcomes={},shown=0;
  bar.querySelectorAll("input[type=checkbox]").forEach(function(c){outcomes[c.value]=c.checked;});
  list.querySelectorAll("section").forEach(function(section){
    var here=0;
    section.querySelectorAll("details.d").forEach(function(d){
      var fits=outcomes[d.dataset.outcome]&&d.find.indexOf(wanted)>=0;
      d.classList.toggle("hide",!fits);
      if(fits){here+=1;}
    });
    section.classList.toggle("hide",here===0);
    section.querySelector("h3").textContent=section.dataset.title+" ("+here+")";
    shown+=here;
  });
  count.textContent=shown+" of "+devices.length+" devices";
}
text.addEventListener("input",filter);
bar.addEventListener("change",function(event){if(event.target===group){regroup();}else{filter();}});
window.addEventListener("beforeprint",function(){
  devices.forEach(function(d){if(d.dataset.outcome!=="done"){d.open=true;}});
});
bar.hidden=false;
filter();
}());
"""

# How old the page is, and loading it again without losing what is unfolded, filtered and in sight.
LIVE_SCRIPT = """
(function(){
"use strict";
var live=document.getElementById("live"),age=document.getElementById("age"),key="netfleet "+document.title;
var list=document.getElementById("devices"),bar=document.getElementById("filters"),started=Date.now();
function details(){return Array.prototype.slice.call(list?list.querySelectorAll("details.d"):[]);}
function name(d){return d.querySelector(".n").firstChild.textContent;}
function tell(){
  var seconds=Math.max(0,Math.round(Date.now()/1000-live.dataset.written)),old=seconds>6*live.dataset.every;
  age.textContent=", "+(seconds<120?seconds+" s":Math.round(seconds/60)+" min")+" ago"+
    (old?". Nothing was written since: the run may have ended. Run the playbook status":"");
  live.classList.toggle("old",old);
}
function keep(){
  var kept={y:window.scrollY,known:[],open:[],text:"",off:[],group:""};
  details().forEach(function(d){kept.known.push(name(d));if(d.open){kept.open.push(name(d));}});
  if(bar){
    kept.text=bar.querySelector("input[type=search]").value;
    kept.group=bar.querySelector("select").value;
    bar.querySelectorAll("input[type=checkbox]").forEach(function(c){if(!c.checked){kept.off.push(c.value);}});
  }
  window.sessionStorage.setItem(key,JSON.stringify(kept));
}
function restore(){
  var kept=JSON.parse(window.sessionStorage.getItem(key)||"null");
  if(!kept){return;}
  details().forEach(function(d){
    if(kept.known.indexOf(name(d))>=0){d.open=kept.open.indexOf(name(d))>=0;}
  });
  if(bar){
    var text=bar.querySelector("input[type=search]"),group=bar.querySelector("select");
    text.value=kept.text;
    group.value=kept.group||group.value;
    bar.querySelectorAll("input[type=checkbox]").forEach(function(c){c.checked=kept.off.indexOf(c.value)<0;});
    group.dispatchEvent(new Event("change",{bubbles:true}));
    text.dispatchEvent(new Event("input"));
  }
  window.scrollTo(0,kept.y);
}
function again(){
  var active=document.activeElement;
  if(active&&active.type==="search"&&Date.now()-started<6e4){window.setTimeout(again,1000);return;}
  try{keep();}catch(error){}
  window.location.reload();
}
try{restore();}catch(error){}
tell();
window.setInterval(tell,1000);
window.setTimeout(again,live.dataset.every*1000);
}());
"""
