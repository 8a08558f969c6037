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

# the peer of benchmarks/few_events.cpp, once each
once <- function(name, f) cat(sprintf("%-40s %9.3f s (processor time)\n", name, sum(system.time(f())[c("user.self", "sys.self")])))
for (model in c("UM.FS", "UM.RS", "CM.AL", "CM.EL")) {
  once(paste("GLMM", model), function() try(rma.glmm(measure = "OR", ai = ai, n1i = n1, ci = ci, n2i = n2, model = model), silent = TRUE))
}

# the peer of benchmarks/resampling.cpp; the bootstrap with a hundredth of its replicates
y <- c(-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713)
v <- c(0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730)
latitude <- c(44, 55, 42, 52, 13, 44, 19, 13, 27, 42)
ten <- rma(y, v, method = "REML")
once("exact permutation test, k = 10, REML", function() permutest(ten, exact = TRUE, progbar = FALSE))
once("the same, DerSimonian-Laird", function() permutest(rma(y, v, method = "DL"), exact = TRUE, progbar = FALSE))
once("1000 permutations of a moderator, REML", function() permutest(rma(y, v, mods = ~ latitude, method = "REML"), iter = 1000, progbar = FALSE))
once("parametric bootstrap, 100 REML", function() for (b in 1:100) try(rma(rnorm(10, coef(ten), sqrt(v + ten$tau2)), v, method = "REML"), silent = TRUE))
