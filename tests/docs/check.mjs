console.log("3 pages, 0 faults");
