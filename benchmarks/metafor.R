# SPDX-License-Identifier: BSL-1.0
# The peer of benchmarks/fit.cpp: the same 13 trials through R's metafor (Debian: r-cran-metafor). Prints microseconds a call, the median of 7 runs.
suppressPackageStartupMessages(library(metafor))
ai <- c(4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27)
n1 <- c(123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913)
ci <- c(11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29)
n2 <- c(139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854)
timed <- function(name, f, n = 100) {
  f()
  runs <- replicate(7, system.time(for (i in seq_len(n)) f())[["elapsed"]])
  cat(sprintf("%-40s %9.1f us\n", name, 1e6 * median(runs) / n))
}
cat("metafor", as.character(packageVersion("metafor")), "\n")
e <- escalc("RR", ai = ai, n1i = n1, ci = ci, n2i = n2)
timed("counts to REML, Hartung-Knapp, prediction", function() {
  e <- escalc("RR", ai = ai, n1i = n1, ci = ci, n2i = n2)
  predict(rma(yi, vi, data = e, method = "REML", test = "knha"))
})
timed("counts to effects", function() escalc("RR", ai = ai, n1i = n1, ci = ci, n2i = n2))
timed("Mantel-Haenszel risk ratio", function() rma.mh(ai = ai, n1i = n1, ci = ci, n2i = n2, measure = "RR"))
timed("Mantel-Haenszel odds ratio", function() rma.mh(ai = ai, n1i = n1, ci = ci, n2i = n2, measure = "OR"))
timed("Peto", function() rma.peto(ai = ai, n1i = n1, ci = ci, n2i = n2))
timed("REML fit from effects", function() rma(yi, vi, data = e, method = "REML"))
timed("DerSimonian-Laird fit from effects", function() rma(yi, vi, data = e, method = "DL"))
fit <- rma(yi, vi, data = e, method = "REML")
timed("Q-profile interval", function() confint(fit))
