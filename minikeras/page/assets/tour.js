// The tour of ten stops.

const tour = { stop: 0, box: document.getElementById("tour"), marked: null };

function showStop(stop) {
  tour.stop = stop;
  const [where, title, text] = facts.tour[stop];
  document.getElementById("tour-count").textContent = `${stop + 1} of ${facts.tour.length}`;
  document.getElementById("tour-title").textContent = title;
  document.getElementById("tour-text").textContent = text;
  document.getElementById("tour-back").disabled = stop === 0;
  document.getElementById("tour-next").textContent = stop === facts.tour.length - 1 ? "Done" : "Next";
  tour.marked?.classList.remove("toured");
  if (where === "#equation" && !state.chosen) chooseExample();
  tour.marked = document.querySelector(where);
  tour.marked?.classList.add("toured");
  tour.marked?.scrollIntoView({ block: where === "#equation" ? "nearest" : "start" });
}

function endTour() {
  tour.box.hidden = true;
  tour.marked?.classList.remove("toured");
  document.getElementById("start-tour").focus();
}

document.getElementById("start-tour").addEventListener("click", () => {
  tour.box.hidden = false;
  showStop(0);
  document.getElementById("tour-next").focus();
});
document.getElementById("tour-next").addEventListener("click", () => (tour.stop + 1 < facts.tour.length ? showStop(tour.stop + 1) : endTour()));
document.getElementById("tour-back").addEventListener("click", () => showStop(Math.max(0, tour.stop - 1)));
document.getElementById("tour-end").addEventListener("click", endTour);
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !tour.box.hidden) endTour(); });
