# SPDX-License-Identifier: BSL-1.0
# Writes CD000001-analysis-data in the format of RevMan Web's data package, with results by R's metafor (3.8): Rscript make_revman_web.R
# The trials are made up.
suppressMessages(library(metafor))
names <- c("Ab 2019", "Bo 2020", "Cy 2020", "Do 2021", "Ek 2022")
a <- c(2, 11, 3, 10, 7); n1 <- c(12, 21, 40, 20, 55); c2 <- c(7, 4, 6, 16, 13); n2 <- c(12, 24, 41, 20, 52)
lhr <- c(-0.51, 0.12, -0.3, -0.95, 0.4); se <- c(0.21, 0.35, 0.18, 0.4, 0.3)
num <- function(x) sprintf("%.15g", x)
est <- function(f, q, w = NULL, back = exp, t = FALSE) {
  r <- c("Mean" = num(back(as.numeric(f$beta))), "CI start" = num(back(f$ci.lb)), "CI end" = num(back(f$ci.ub)),
         "Heterogeneity Tau\u00b2" = num(if (is.null(f$tau2)) 0 else f$tau2), "Heterogeneity Chi\u00b2" = num(q), "Heterogeneity df" = num(f$k - 1), "Heterogeneity P" = num(pchisq(q, f$k - 1, lower.tail = FALSE)),
         "Heterogeneity I\u00b2" = num(if (t) f$I2 / 100 else max(0, (q - f$k + 1) / q)))
  r[if (t) "Effect T" else "Effect Z"] <- num(as.numeric(f$zval)); r["Effect P"] <- num(f$pval)
  r
}
rows <- list(); groups <- list(); settings <- list()
add_rows <- function(number, i, y, v, w, extra, sub = rep("", length(i))) for (j in seq_along(i)) rows[[length(rows) + 1]] <<-
  c("Analysis group" = "1", "Analysis number" = number, "Subgroup" = sub[j], "Study" = names[i[j]], "Study year" = substring(names[i[j]], 4), extra(i[j]), "Weight" = num(w[j]),
    "Mean" = num(exp(y[j])), "CI start" = num(exp(y[j] - qnorm(0.975) * sqrt(v[j]))), "CI end" = num(exp(y[j] + qnorm(0.975) * sqrt(v[j]))))
setting <- function(number, name, type, measure, method, model, more, f) settings[[length(settings) + 1]] <<-
  c("Analysis group" = "1", "Analysis number" = number, "Analysis name" = name, "Analysis group name" = "Cells, \"any\", versus control", "Data type" = type, "Effect measure" = measure,
    "Statistical method" = method, "Analysis model" = model, more, "Overall estimates" = "TRUE", "CI/PI level" = "95%", f)
counts <- function(i) c("Experimental cases" = num(a[i]), "Experimental N" = num(n1[i]), "Control cases" = num(c2[i]), "Control N" = num(n2[i]))
es <- escalc("RR", ai = a, n1i = n1, ci = c2, n2i = n2); y <- as.numeric(es$yi); v <- as.numeric(es$vi)
f <- rma.mh(measure = "RR", ai = a, n1i = n1, ci = c2, n2i = n2); q <- sum((y - as.numeric(f$beta))^2 / v)
add_rows("1", 1:5, y, v, weights(f) / 100, counts)
setting("1", "Death", "Dichotomous", "Risk Ratio", "Mantel-Haenszel", "Fixed effect", c("Test for subgroup differences" = "FALSE"), est(f, q))
g <- list(Low = 1:2, High = 3:5); f <- rma(y, v, method = "REML", test = "knha", control = list(threshold = 1e-14, maxiter = 1000))
add_rows("2", 1:5, y, v, weights(f) / 100, counts, sub = rep(c("Low", "High"), c(2, 3)))
fits <- lapply(g, function(i) rma(y[i], v[i], method = "REML", test = "knha", control = list(threshold = 1e-14, maxiter = 1000)))
b <- sapply(fits, function(x) x$beta); s2 <- sapply(g, function(i) rma(y[i], v[i], method = "REML", control = list(threshold = 1e-14, maxiter = 1000))$se^2); m <- sum(b / s2) / sum(1 / s2); qb <- sum((b - m)^2 / s2)
for (k in 1:2) groups[[k]] <- c("Analysis group" = "1", "Analysis number" = "2", "Subgroup" = names(g)[k], "Subgroup number" = num(k), "Weight" = num(sum(weights(f)[g[[k]]]) / 100), est(fits[[k]], rma(y[g[[k]]], v[g[[k]]], method = "FE")$QE, t = TRUE))
setting("2", "Death by dose", "Dichotomous", "Risk Ratio", "Inverse variance", "Random effects",
        c("Heterogeneity estimator" = "REML", "CI method" = "HKSJ", "Test for subgroup differences" = "TRUE", "PI start" = "0.1", "Subgroup Chi\u00b2" = num(qb), "Subgroup P" = num(pchisq(qb, 1, lower.tail = FALSE)), "Subgroup I\u00b2" = num(max(0, (qb - 1) / qb))),
        est(f, rma(y, v, method = "FE")$QE, t = TRUE))
f <- rma(lhr, se^2, method = "DL")
add_rows("3", 1:5, lhr, se^2, weights(f) / 100, function(i) c("GIV Mean" = num(lhr[i]), "GIV SE" = num(se[i])))
setting("3", "Survival", "Contrast level", "Hazard Ratio", "Inverse variance", "Random effects", c("Heterogeneity estimator" = "DerSimonian and Laird", "CI method" = "Wald-type", "Log-scale data" = "TRUE"), est(f, rma(lhr, se^2, method = "FE")$QE))
out <- function(list, part) {
  columns <- unique(unlist(lapply(list, names)))
  cell <- function(x) ifelse(is.na(x), "", ifelse(grepl("[,\"]", x), paste0("\"", gsub("\"", "\"\"", x), "\""), x))
  lines <- c(paste(columns, collapse = ","), sapply(list, function(r) paste(cell(r[columns]), collapse = ",")))
  con <- file(paste0("CD000001-analysis-data/CD000001-", part, ".csv"), "wb"); writeBin(charToRaw(enc2utf8(paste0(lines, "\n", collapse = ""))), con); close(con)
}
out(settings, "overall-estimates-and-settings"); out(rows, "data-rows"); out(groups, "subgroup-estimates")
